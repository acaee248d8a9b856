internal import Kernels
internal import LockOrder
internal import SystemAdditions
public import SystemPackage
public import Sysfs

/// A kernel module that is loaded, or code that is built in and has parameters.
///
/// Kernel: kernel/module/sysfs.c, kernel/params.c.
public final class Module: Sendable {
    /// As in /sys/module and `lsmod`.
    public let name: String
    /// /sys/module/NAME
    public let directory: Directory
    private let kobject: Kobject
    private let use = Leaf("module", Use())

    private struct Use {
        var references = 0
        var stage = Stage.live
    }

    /// How far it is, as `initstate` spells it.
    private enum Stage: String {
        case coming, live, going
    }

    /// Makes /sys/module/NAME with the files and directories of a loaded module.
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart.
    public init(loading name: String, kernel: Kernel) throws(Errno) {
        self.name = name
        directory = try kernel.directory("module", name)
        kobject = Kobject(kernel: kernel, directory: directory, subsystem: "module")
        kobject.addUeventFile()
        for child in ["holders", "notes", "sections"] { _ = try kernel.directory("module", name, child) }
        directory.addAttributes(Module.attributes(kernel.release), of: self)
        let rows = ModuleInfo(of: name).attributes
        if !rows.isEmpty { directory.addAttributes(AttributeTable(rows, release: kernel.release), of: self) }
    }

    /// Says that its code is being started: `initstate` is `coming` until `announce`.
    public func beginLoading() {
        use.withLock { $0.stage = .coming }
    }

    /// Makes /sys/module/NAME of code that is built in: `uevent` and, from elsewhere, `parameters`.
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart.
    public init(builtIn name: String, kernel: Kernel) throws(Errno) {
        self.name = name
        directory = try kernel.directory("module", name)
        kobject = Kobject(kernel: kernel, directory: directory, subsystem: "module")
        kobject.addUeventFile()
    }

    /// Tells that the module is there; the last step of loading it.
    public func announce() {
        use.withLock { $0.stage = .live }
        kobject.announce()
    }

    /// Takes the module away; the last step of unloading it.
    public func unload() {
        kobject.announceEnd()
        directory.remove()
    }

    /// A directory in the module's, made if it is missing.
    func directory(of child: String) -> Directory {
        do throws(Errno) {
            return try directory.directory(child)
        } catch {
            return directory
        }
    }

    /// Says that this module uses another one: a link in the other's `holders`, and a reference to it.
    ///
    /// Kernel: kernel/module/main.c, ref_module.
    public func hold(_ other: Module) {
        other.directory(of: "holders").addLink(name, to: directory)
        other.use.withLock { $0.references += 1 }
    }

    /// Says that this module does not use the other one any more.
    public func release(_ other: Module) {
        other.directory(of: "holders").removeLink(name)
        other.put()
    }

    // MARK: - References

    /// How many users keep the module from being unloaded; -1 while it is.
    ///
    /// Kernel: kernel/module/main.c, module_refcount, try_release_module_ref.
    public var referenceCount: Int { use.withLock { $0.stage == .going ? -1 : $0.references } }

    /// Becomes a user, or several.
    ///
    /// - Throws: `ENODEV` where the module is being unloaded.
    ///
    /// Kernel: kernel/module/main.c, try_module_get.
    public func get(_ count: Int = 1) throws(Errno) {
        try use.withLock { use throws(Errno) in
            guard use.stage != .going else { throw .ENODEV }
            use.references += count
        }
    }

    /// Ceases to be a user: once for each `get` that has not thrown.
    ///
    /// Kernel: kernel/module/main.c, module_put.
    public func put(_ count: Int = 1) {
        use.withLock { $0.references -= count }
    }

    /// Begins to unload: nobody becomes a user any more.
    ///
    /// - Throws: `EAGAIN` while there are users.
    ///
    /// Kernel: kernel/module/main.c, try_stop_module.
    public func beginUnload() throws(Errno) {
        try use.withLock { use throws(Errno) in
            guard use.references == 0 else { throw .EAGAIN }
            use.stage = .going
        }
    }

    private static func attributes(_ release: KernelRelease) -> AttributeTable<Module> {
        AttributeTable(
            [
                .readOnly("coresize") { _ in "65536\n" }.fixed("there is no code that has a size"),
                .readOnly("initsize") { _ in "0\n" },
                .readOnly("initstate") { module in "\(module.use.withLock { $0.stage.rawValue })\n" },
                .readOnly("refcnt") { "\($0.referenceCount)\n" },
                .readOnly("taint") { _ in "\n" }.fixed("nothing taints"),
            ], release: release)
    }
}
