internal import ArgumentParser
internal import Machine

/// How Linux is booted, beyond what the machine file says.
struct BootOptions: ParsableArguments {
    @Option(help: ArgumentHelp("More of the kernel's command line: 'ap.apmask=0xffff ap.domain=6'.", valueName: "text"))
    var append: String?

    @Option(
        help: ArgumentHelp(
            "The modules that are loaded at boot, and what they need: 'zcrypt_cex4,vfio_ap'. Default: all. An empty list is none.",
            valueName: "list"))
    var modules: String?

    /// Has the machine be booted so.
    ///
    /// - Throws: what cannot be on a command line, or a name that is no module's.
    func apply(to machine: inout MachineDescription) throws(BootError) {
        if let append { try machine.boot.append(append) }
        if let modules { try machine.boot.load(modules) }
    }

    /// The same as words of a command.
    var words: [String] {
        (append.map { ["--append=\($0)"] } ?? []) + (modules.map { ["--modules=\($0)"] } ?? [])
    }
}
