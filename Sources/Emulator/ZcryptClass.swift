internal import AdjunctProcessor
internal import APBus
internal import DriverCore
internal import KernelLocks
internal import Kernels
internal import LockOrder
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// /sys/class/zcrypt: device nodes with masks of their own for programs that shall not use everything.
///
/// Nodes are made and taken away, and their masks read and written, under the lock of the bus's masks: whoever waits in a reset with
/// it holds all of that up.
///
/// Kernel: drivers/s390/crypto/zcrypt_api.c, zcdn_create_store, zcdn_destroy_store.
final class ZcryptClass: Sendable {
    private let kernel: Kernel
    /// That of the bus's masks.
    private let lock: LockedMasks
    private let z90crypt: MiscDevice
    private let directory: Directory
    private let nodeTable: AttributeTable<ZcryptNode>
    /// The nodes by their minor numbers; nil is one that is being made.
    private let state = Leaf<[Int: ZcryptNode?]>("zcdn", [:])

    static let major = 249
    private static let minors = 256
    private static let nameLength = 31

    /// Makes the class, and the device that everybody may use: the misc device z90crypt.
    ///
    /// - Throws: nothing, at boot.
    static func make(_ kernel: Kernel, lock: LockedMasks) throws(Errno) -> ZcryptClass {
        kernel.tellOfClass(.add, "zcrypt")
        let z90crypt = try MiscDevice("z90crypt", minor: kernel.release.z90cryptMinor, node: "z90crypt", kernel: kernel)
        let zcrypt = try ZcryptClass(kernel, lock: lock, z90crypt: z90crypt)
        let mode = Permissions(rawValue: 0o600)
        let table = AttributeTable<ZcryptClass>(
            [
                Attribute("create", mode, store: { zcrypt, input, held throws(Errno) in try zcrypt.create(input, after: held) }),
                Attribute(
                    "destroy", mode, store: { zcrypt, input, held throws(Errno) in try zcrypt.destroy(input, after: held) }),
            ], release: kernel.release)
        zcrypt.directory.addAttributes(table, of: zcrypt)
        return zcrypt
    }

    /// Takes the class away with all its nodes, and z90crypt.
    func remove() {
        let nodes = state.withLock { state in
            defer { state = [:] }
            return state.sorted { $0.key < $1.key }.compactMap(\.value)
        }
        for node in nodes {
            directory.removeLink(node.device.name)
            node.device.sendUevent(.remove)
            kernel.removeVirtualDevice(node.device)
        }
        directory.remove()
        kernel.tellOfClass(.remove, "zcrypt")
        z90crypt.remove()
    }

    private init(_ kernel: Kernel, lock: LockedMasks, z90crypt: MiscDevice) throws(Errno) {
        self.kernel = kernel
        self.lock = lock
        self.z90crypt = z90crypt
        directory = try kernel.directory("class", "zcrypt")
        nodeTable = AttributeTable(
            ["ioctlmask", "apmask", "aqmask", "admask"].map { name in
                Attribute(name, .readWrite) { node, page, held throws(Errno) in
                    page.emit("\(try node.mask(name, after: held))\n")
                } store: { node, input, held throws(Errno) in
                    try node.store(name, input, after: held)
                }
            }, release: kernel.release)
    }

    /// The name in what was written: up to 31 bytes, whatever they are, behind leading white space, and without the white space at
    /// the end of those.
    private static func name(_ input: Input) -> String {
        var text = input.text.drop(while: KernelText.isSpace).prefix(nameLength)
        while let last = text.last, KernelText.isSpace(last) { text = text.dropLast() }
        return String(latin1: text)
    }

    /// Makes a node; without a name it gets one from its minor number.
    ///
    /// Locks: the bus's masks.
    ///
    /// - Throws: `EEXIST` where the name is taken, `ENOSPC` where no minor number is left, `ENODEV` where the tree is being taken
    ///   apart.
    private func create(_ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        let name = Self.name(input)
        try lock.withLockInterruptibly(after: held) { (_, _) throws(Errno) in
            let minor = try reserve(name)
            do throws(Errno) {
                try makeNode(name.isEmpty ? "zcrypt_\(minor)" : name, minor)
            } catch {
                state.withLock { _ = $0.removeValue(forKey: minor) }
                throw error
            }
        }
    }

    /// Takes the lowest minor number that is free.
    ///
    /// - Throws: `EEXIST` where a node has the name, `ENOSPC` where no minor number is free.
    private func reserve(_ name: String) throws(Errno) -> Int {
        try state.withLock { state throws(Errno) in
            guard name.isEmpty || !state.values.contains(where: { $0?.device.name == name }) else { throw .EEXIST }
            guard let minor = (0..<ZcryptClass.minors).first(where: { state[$0] == nil }) else { throw .ENOSPC }
            state[minor] = .some(nil)
            return minor
        }
    }

    /// - Throws: `EEXIST` where the name is taken, `ENOMEM` for one that is much too long.
    private func makeNode(_ given: String, _ minor: Int) throws(Errno) {
        let isFormat = kernel.release.has(.nodeNamesAreFormats)
        guard let name = isFormat ? FormattedName(given).text : given else { throw .ENOMEM }
        let node = try ZcryptNode(name, major: ZcryptClass.major, minor: minor, kernel, lock: lock)
        // a name that the class has for something else: the driver core tells only of the end
        guard !directory.contains(node.device.name) else {
            node.device.sendUevent(.remove)
            kernel.removeVirtualDevice(node.device)
            throw .EEXIST
        }
        node.device.directory.addAttributes(nodeTable, of: node)
        directory.addLink(node.device.name, to: node.device.directory)
        state.withLock { $0[minor] = node }
        node.device.sendUevent(.add)
    }

    /// Takes a node away.
    ///
    /// The lock of the masks is given back before those are waited for who read or write the node's masks: they may be waiting for
    /// that lock. (Linux keeps it, and they wait for each other until a signal comes.)
    ///
    /// - Throws: `ENOENT` where there is no such node.
    private func destroy(_ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        let name = Self.name(input)
        let node = try lock.withLockInterruptibly(after: held) { (_, _) throws(Errno) in try take(name) }
        kernel.removeVirtualDevice(node.device)
    }

    /// Strikes a node off the list and tells of its end; its files are still there.
    ///
    /// - Throws: `ENOENT` where there is no such node.
    private func take(_ name: String) throws(Errno) -> ZcryptNode {
        let node = state.withLock { state -> ZcryptNode? in
            guard let node = state.values.compactMap({ $0 }).first(where: { $0.device.name == name })
            else { return nil }
            state[node.minor] = nil
            return node
        }
        guard let node else { throw .ENOENT }
        directory.removeLink(node.device.name)
        node.device.sendUevent(.remove)
        return node
    }
}

/// /sys/devices/virtual/zcrypt/NODE
final class ZcryptNode: Sendable {
    let minor: Int
    let device: Device
    private let kernel: Kernel
    /// That of the bus's masks.
    private let lock: LockedMasks
    /// Read and written with the bus's masks locked.
    private let masks = Leaf<[String: APMask]>("zcdn masks", [:])

    /// In sysfs it has a `!` for each slash of its name, in /dev a slash for each `!`.
    init(_ name: String, major: Int, minor: Int, _ kernel: Kernel, lock: LockedMasks) throws(Errno) {
        self.minor = minor
        self.kernel = kernel
        self.lock = lock
        func replacing(_ byte: UInt8, by other: UInt8) -> String {
            String(latin1: name.latin1.map { $0 == byte ? other : $0 })
        }
        let fileName = replacing(UInt8(ascii: "/"), by: UInt8(ascii: "!"))
        let node = DeviceNode(major: major, minor: minor, name: replacing(UInt8(ascii: "!"), by: UInt8(ascii: "/")))
        device = try kernel.makeVirtualDevice(fileName, class: "zcrypt", identity: DeviceIdentity(node: node))
    }

    /// One of its four masks.
    ///
    /// Locks: the bus's masks.
    func mask(_ name: String, after held: borrowing Held<Unlocked>) throws(Errno) -> APMask {
        try lock.withLockInterruptibly(after: held) { (_, _) in masks.withLock { $0[name, default: .none] } }
    }

    /// Changes one of its four masks; what is no mask is refused with the lock held, so that it waits, too.
    ///
    /// Locks: the bus's masks.
    ///
    /// - Throws: `EINVAL` for what is no mask.
    func store(_ name: String, _ input: Input, after held: borrowing Held<Unlocked>) throws(Errno) {
        let overflow: NumberOverflow = kernel.release.has(.maskNumbersSaturate) ? .saturates : .wraps
        try lock.withLockInterruptibly(after: held) { (_, _) throws(Errno) in
            try masks.withLock { masks throws(Errno) in
                guard let mask = APMask.parse(input.text, current: masks[name, default: .none], overflow: overflow) else {
                    throw .EINVAL
                }
                masks[name] = mask
            }
        }
    }
}
