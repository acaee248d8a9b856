public import DriverCore
public import FUSE
internal import Glibc
internal import LockOrder
internal import SystemPackage

/// The /dev of a machine: a node for each of its devices that has one, and room for what else there is in a /dev.
///
/// The nodes come and go with the devices. They look as devices' nodes do and cannot be opened: there is no driver behind
/// them, and a mount with `nodev` refuses with `EACCES` before anybody is asked. Nothing is cached, so nothing need be taken back.
///
/// Made for a mount that is read-only: nobody makes or removes anything.
///
/// Kernel: drivers/base/devtmpfs.c.
public final class DeviceFileSystem: FileSystem {
    /// What else is in the directory, for others to mount on.
    public enum Place: Hashable, Sendable {
        case directory
        case file
        case link(String)
    }

    private enum Node {
        case place(Place)
        case device(DeviceNode)
    }

    private let kernel: Kernel
    private let places: [String: Place]
    private let numbers = Leaf("numbers of device nodes", Numbers())
    private let created = FUSE.Timestamp.now

    /// Every path that was ever looked for and found has a number for ever: there are not many.
    private struct Numbers {
        var byPath: [String: UInt64] = ["": NodeID.root.rawValue]
        var paths: [UInt64: String] = [NodeID.root.rawValue: ""]

        mutating func number(of path: String) -> NodeID {
            if let number = byPath[path] { return NodeID(rawValue: number) }
            let number = UInt64(byPath.count + 1)
            byPath[path] = number
            paths[number] = path
            return NodeID(rawValue: number)
        }
    }

    /// - Parameter places: names in the directory itself; a device's node of the same name goes before.
    public init(kernel: Kernel, places: [String: Place]) {
        self.kernel = kernel
        self.places = places
    }

    // MARK: - Nodes

    /// The control node of vfio, which is there as long as vfio is loaded: always.
    private static let container = DeviceNode(major: 10, minor: 196, name: "vfio/vfio")

    /// All nodes of devices, by their paths.
    private var devices: [String: DeviceNode] {
        var nodes = kernel.deviceNodes
        nodes[Self.container.name] = Self.container
        return nodes
    }

    private func node(at path: String) -> Node? {
        if path.isEmpty { return .place(.directory) }
        let devices = devices
        if let device = devices[path] { return .device(device) }
        if devices.keys.contains(where: { $0.hasPrefix(path + "/") }) { return .place(.directory) }
        return places[path].map { .place($0) }
    }

    /// The names in a directory, sorted.
    private func names(in path: String) -> [String] {
        let prefix = path.isEmpty ? "" : path + "/"
        var names = Set(devices.keys.filter { $0.hasPrefix(prefix) }.compactMap { $0.dropFirst(prefix.count).split(separator: "/").first })
        if path.isEmpty { names.formUnion(places.keys.map { $0[...] }) }
        return names.map(String.init).sorted()
    }

    private func path(of node: NodeID) -> String? {
        numbers.withLock { $0.paths[node.rawValue] }
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : directory + "/" + name
    }

    private func attributes(_ path: String, _ node: Node) -> NodeAttributes {
        let number = numbers.withLock { $0.number(of: path) }
        var attributes = NodeAttributes(node: number, mode: 0, accessed: created, modified: created, changed: created)
        switch node {
        case .place(.directory):
            attributes.mode = S_IFDIR | 0o755
            attributes.linkCount = 2
        case .place(.file): attributes.mode = S_IFREG
        case .place(.link(let target)):
            attributes.mode = S_IFLNK | 0o777
            attributes.size = UInt64(target.utf8.count)
        case .device(let device):
            attributes.mode = S_IFCHR | (device.name == Self.container.name ? 0o666 : 0o600)
            attributes.device = NodeAttributes.device(major: device.major, minor: device.minor)
        }
        return attributes
    }

    private func entry(_ path: String, _ node: Node) -> Entry {
        Entry(node: numbers.withLock { $0.number(of: path) }, attributes: attributes(path, node), entryTimeout: 0, attributeTimeout: 0)
    }

    // MARK: - Requests

    public func lookup(_ name: FileName, in parent: NodeID, _ context: RequestContext, _ reply: consuming EntryReply) {
        guard let directory = path(of: parent) else { return reply.fail(.noSuchFileOrDirectory) }
        let path = Self.join(directory, name.string)
        guard let node = node(at: path) else { return reply.fail(.noSuchFileOrDirectory) }
        reply.succeed(entry(path, node))
    }

    public func attributes(
        of node: NodeID, handle: FileHandle?, _ context: RequestContext, _ reply: consuming AttributeReply
    ) {
        guard let path = path(of: node), let node = self.node(at: path) else { return reply.fail(.noSuchFileOrDirectory) }
        reply.succeed(attributes(path, node), timeout: 0)
    }

    public func readLink(_ node: NodeID, _ context: RequestContext, _ reply: consuming LinkReply) {
        guard let path = path(of: node), case .place(.link(let target))? = self.node(at: path) else {
            return reply.fail(.invalidArgument)
        }
        reply.succeed(target)
    }

    /// Directories are opened, or else the kernel kept what was listed of them.
    public func openDirectory(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        _ = reply.succeed(OpenReplyInfo(handle: FileHandle(rawValue: 0)))
    }

    public func readDirectory(
        _ node: NodeID, handle: FileHandle, offset: Int64, size: Int, plus: Bool, _ context: RequestContext,
        _ reply: consuming DirectoryReply
    ) {
        guard let directory = path(of: node) else { return reply.fail(.noSuchFileOrDirectory) }
        let names = [".", ".."] + names(in: directory)
        for (index, name) in names.enumerated().dropFirst(Int(offset)) {
            let next = Int64(index + 1)
            if index < 2 {
                guard reply.add(name, NodeAttributes(node: node, mode: S_IFDIR), nextOffset: next) else { break }
                continue
            }
            let path = Self.join(directory, name)
            guard let node = self.node(at: path) else { continue }
            guard reply.add(name, entry(path, node), nextOffset: next) else { break }
        }
        reply.succeed()
    }

    /// Only what is mounted on can be opened, and that is not asked for here.
    public func open(_ node: NodeID, flags: OpenFlags, _ context: RequestContext, _ reply: consuming OpenReply) {
        reply.fail(.noSuchAddressOrDevice)
    }
}
