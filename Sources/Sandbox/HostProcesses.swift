internal import Glibc
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// A /proc in which some files are an IBM Z's and every other name is a link to the real one, which is mounted elsewhere.
///
/// The kernel's own /proc takes no file that it does not have, and /proc/self and the processes cannot be served by anybody else:
/// they tell of the process that asks. A link serves: that process follows it itself.
struct HostProcesses: NodeSource {
    private let texts: [String: String]
    /// Where the command finds the real /proc.
    private static let place = Sandbox.own + "/proc"
    /// Where the process that serves has it.
    private static let real = "/proc"
    /// Where this /proc is mounted, before it is moved.
    static let view = Sandbox.own + "/view"

    init(_ information: ProcessorInformation) {
        texts = ["cpuinfo": information.cpuinfo, "sysinfo": information.sysinfo]
    }

    /// Mounts the real /proc, of the PID namespace, at its place in /run, and makes a place to mount this one at.
    ///
    /// - Throws: `Errno` where a directory cannot be made, `NamespaceError.mount` where /proc cannot be mounted.
    static func showWhole(_ privileges: Privileges) throws {
        try PrivateDirectories.make(place)
        try Mounts.proc(at: place)
        try privileges.protect(place)
        try PrivateDirectories.make(view)
    }

    func node(at path: String) -> Node? {
        if path.isEmpty { return .directory }
        if let text = texts[path] { return .file(text: text) }
        var status = stat()
        guard (Self.real + "/" + path).withLatin1CString({ lstat($0, &status) }) == 0 else { return nil }
        return .link(target: Self.place + "/" + path)
    }

    func names(in path: String) -> [String] {
        Array(Set(HostDirectory.entries(of: Self.real).map(\.name.asNode)).union(texts.keys))
    }

    func isLasting(_ path: String) -> Bool {
        texts[path] != nil
    }
}
