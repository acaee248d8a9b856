internal import Glibc
internal import Namespaces
internal import SystemPackage

/// A /proc in which some files are an IBM Z's and every other name is a link to the real one, which is mounted elsewhere.
///
/// The kernel's own /proc takes no file that it does not have, and /proc/self and the processes cannot be served by anybody else:
/// they tell of the process that asks. A link serves: that process follows it itself.
struct HostProcesses: NodeSource {
    private let texts: [String: String]
    private static let place = Sandbox.own + "/proc"

    /// Mounts the real /proc, of the PID namespace, at its place in /run.
    ///
    /// - Throws: `Errno` where the directory cannot be made, `NamespaceError.mount` where /proc cannot be mounted.
    init(_ information: ProcessorInformation, _ privileges: Privileges) throws {
        texts = ["cpuinfo": information.cpuinfo, "sysinfo": information.sysinfo]
        try PrivateDirectories.make(Self.place)
        try Mounts.proc(at: Self.place)
        try privileges.protect(Self.place)
    }

    func node(at path: String) -> Node? {
        if path.isEmpty { return .directory }
        if let text = texts[path] { return .file(text: text) }
        var status = stat()
        let target = Self.place + "/" + path
        return lstat(target, &status) == 0 ? .link(target: target) : nil
    }

    func names(in path: String) -> [String] {
        Array(Set(HostDirectory.entries(of: Self.place).map(\.name)).union(texts.keys))
    }

    func isLasting(_ path: String) -> Bool {
        texts[path] != nil
    }
}
