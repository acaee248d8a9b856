internal import DriverCore
internal import Namespaces
internal import SystemAdditions
internal import SystemPackage

/// The /dev of a sandbox: the nodes of the emulated devices, which come and go with them, and around them the host's /dev.
///
/// Kernel: drivers/base/devtmpfs.c.
struct HostDevices: NodeSource {
    private let kernel: Kernel
    /// What of the host's is shown.
    private let places: [String: Node]

    /// The control node of vfio, which is there as long as vfio is loaded: always.
    private static let container = "vfio/vfio"

    /// The host's /dev as it is.
    private static let whole = Sandbox.own + "/dev"

    /// To be made where nothing is mounted over /dev.
    ///
    /// - Throws: `Errno` where there is no /dev.
    init(_ kernel: Kernel) throws(Errno) {
        self.kernel = kernel
        let host = try HostDirectory("/dev")
        var places: [String: Node] = [:]
        for (name, kind) in try host.entries() {
            switch kind {
            case .directory: places[name.asNode] = .directory
            case .link: places[name.asNode] = try host.target(name).map { .link(target: $0.asNode) }
            case .endpoint, .other: places[name.asNode] = .file(text: "")
            }
        }
        // where it is opened the kernel looks for pts beside it, on the same mount
        if case .file? = places["ptmx"] { places["ptmx"] = .link(target: Self.whole + "/ptmx") }
        for name in Self.nodes(kernel).keys { places[String(name.prefix { $0 != "/" })] = nil }
        self.places = places
    }

    /// The names that the host's nodes and directories are to be bound to, as the host has them.
    var boundPlaces: [String] {
        places.compactMap { name, place in if case .link = place { nil } else { String(lossless: name.latin1) } }
    }

    /// Shows the host's /dev, which is about to be mounted over, in /run.
    ///
    /// - Throws: `Errno` where no directory in /run can be made; `NamespaceError` where /dev cannot be bound there.
    static func showWhole(_ host: HostDirectory) throws {
        try PrivateDirectories.make(whole)
        try host.bind("", at: whole)
    }

    /// Binds the host's nodes and directories to their places in the mounted /dev.
    ///
    /// - Parameters:
    ///   - places: `boundPlaces`.
    ///   - host: the host's /dev.
    /// - Throws: `NamespaceError.mount`, but not for one that is gone meanwhile.
    static func bind(
        _ places: [String], of host: HostDirectory, at root: String, _ privileges: Privileges
    ) throws(NamespaceError) {
        for name in places { try host.bind(privileges.device(name), at: root + "/" + name) }
    }

    private static func nodes(_ kernel: Kernel) -> [String: Node] {
        var nodes = kernel.deviceNodes.mapValues {
            Node.device(major: $0.node.major, minor: $0.node.minor, mode: 0o600, serial: $0.serial)
        }
        nodes[container] = .device(major: 10, minor: 196, mode: 0o666, serial: 0)
        return nodes
    }

    func node(at path: String) -> Node? {
        if path.isEmpty { return .directory }
        // what the host has under a name stays, as in devtmpfs: a place that went would take with it what is bound there
        if places[String(path.prefix { $0 != "/" })] != nil { return places[path] }
        let nodes = Self.nodes(kernel)
        if let node = nodes[path] { return node }
        return nodes.keys.contains { $0.hasPrefix(path + "/") } ? .directory : nil
    }

    func names(in path: String) -> [String] {
        let prefix = path.isEmpty ? "" : path + "/"
        let below = Self.nodes(kernel).keys.filter { $0.hasPrefix(prefix) }
        let names = Set(below.map { String($0.dropFirst(prefix.count).prefix { $0 != "/" }) })
        return Array(path.isEmpty ? names.union(places.keys) : names)
    }

    /// The host's names are those that it had in the beginning.
    func isLasting(_ path: String) -> Bool {
        places[path] != nil
    }
}
