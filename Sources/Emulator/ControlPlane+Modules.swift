internal import DriverCore
internal import LockOrder
internal import Machine
internal import SystemAdditions
internal import SystemPackage

extension ControlPlane {
    /// The names of the loaded modules, a line each.
    static func modules(_ computer: Computer) -> [UInt8] {
        Array(computer.modules.withLock { $0 }.map(\.name.rawValue).sorted().map { $0 + "\n" }.joined().utf8)
    }

    /// The file `modules`: `load NAME`, with all that it needs, and `unload NAME`.
    ///
    /// - Throws: `EINVAL` for what is no command, and where a module refuses its parameters; `ENOENT` for a module that there is not, or
    ///   that is not loaded; `EAGAIN` to unload what is used; as `Computer.load` where there is no AP bus.
    static func module(_ line: String, _ computer: Computer, _ held: borrowing Held<Unlocked>) throws(ControlError) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 2, words[0] == "load" || words[0] == "unload" else {
            throw ControlError(.EINVAL, "a command is 'load MODULE' or 'unload MODULE'")
        }
        let release = computer.kernel.release
        guard let name = ModuleName(rawValue: words[1]), name.exists(in: release) else {
            let known = ModuleName.allCases.filter { $0.exists(in: release) }.map(\.rawValue).joined(separator: ", ")
            throw ControlError(
                .ENOENT, words[1] == "ap" ? "ap is built in" : "there is no module '\(words[1])'; there are \(known)")
        }
        do throws(Errno) {
            if words[0] == "load" {
                try computer.load(name, after: held)
            } else {
                try computer.unload(name, after: held)
            }
        } catch {
            throw ControlError(error, reason(error, name, computer))
        }
    }

    private static func reason(_ error: Errno, _ name: ModuleName, _ computer: Computer) -> String {
        switch error {
        case .ENOENT: return "\(name.rawValue) is not loaded"
        case .EAGAIN:
            let holders = computer.holders(of: name).map(\.rawValue).joined(separator: ", ")
            if holders.isEmpty { return name == .vfioAP ? "a guest uses it" : "it is in use" }
            return "it is in use by \(holders)"
        case .EINVAL where computer.bus == nil, .ENODEV where computer.bus == nil: return "the machine has no AP instructions"
        case .EINVAL: return "\(name.rawValue), or a module that it needs, refuses its parameters on the command line of the boot"
        default: return "\(error)"
        }
    }

    /// What Linux was booted with, in the words of the machine file.
    static func boot(_ computer: Computer) -> [UInt8] {
        let modules = computer.boot.modules ?? computer.modulesAtBoot.map(\.rawValue)
        return Array("cmdline: \"\(computer.boot.commandLine)\"\nmodules: [\(modules.joined(separator: ", "))]\n".utf8)
    }
}
