internal import Kernels
internal import Sysfs

/// What a module's file says of it (`modinfo`), as far as sysfs shows it. Most modules say nothing of that.
///
/// Kernel: kernel/module/sysfs.c, modinfo_attrs. Recorded: docs/kernel/mediated-devices.md, "The module"; the two texts were not.
struct ModuleInfo {
    /// nil: no file `version`, and none `srcversion`.
    private let version: String?
    /// A name space of symbols that it imports; nil: no file `import_ns`.
    private let importedNamespace: String?

    init(of module: String) {
        version = ["mdev": "0.1", "vfio": "0.3"][module]
        importedNamespace = ["vfio": "IOMMUFD"][module]
    }

    var attributes: [Attribute<Module>] {
        var rows: [Attribute<Module>] = []
        if let version {
            rows.append(.readOnly("version") { _ in version + "\n" })
            rows.append(.readOnly("srcversion") { _ in "0123456789ABCDEF0123456\n" }.fixed("there is no source to hash"))
        }
        if let importedNamespace {
            rows.append(.readOnly("import_ns", since: .v7_2) { _ in importedNamespace + "\n" })
        }
        return rows
    }
}
