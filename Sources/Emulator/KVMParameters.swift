internal import DriverCore
internal import Kernels
internal import Sysfs
internal import SystemPackage

/// /sys/module/kvm/parameters. Their names are recorded; what they say is the default of 7.2.
///
/// Kernel: arch/s390/kvm/kvm-s390.c, arch/s390/kvm/diag.c, arch/s390/kvm/pv.c, virt/kvm/kvm_main.c.
enum KVMParameters {
    /// Adds them to the module's directory.
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart.
    static func add(to kvm: Module, _ kernel: Kernel) throws(Errno) {
        let rows: [Attribute<Module>] = [
            row("nested", "0"), row("hpage", "0"), row("hpage_2g", "0", since: .v7_2), row("halt_poll_max_steal", "10"),
            row("use_gisa", "Y"), row("diag9c_forwarding_hz", "0"), row("async_destroy", "Y", since: .v6_12),
            row("halt_poll_ns", "50000"), row("halt_poll_ns_grow", "2"), row("halt_poll_ns_grow_start", "10000"),
            row("halt_poll_ns_shrink", "2"),
            row("allow_unsafe_mappings", "N", since: .v7_2),
        ]
        try kernel.directory("module", kvm.name, "parameters").addAttributes(
            AttributeTable(rows, release: kernel.release), of: kvm)
    }

    private static func row(_ name: String, _ text: String, since release: KernelRelease = .v6_1) -> Attribute<Module> {
        .readOnly(name, since: release) { _ in text + "\n" }.fixed("kvm is loaded without parameters")
    }
}
