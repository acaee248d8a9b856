internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// SystemPackage has a type of that name too.
typealias Inode = Sysfs.Inode

/// The way from the root of a tree to a node, as Linux goes it: components, links, dots, and what a slash at the end asks for.
///
/// `..` in the root stays there.
///
/// Kernel: fs/namei.c, link_path_walk.
struct PathWalk {
    let tree: Tree
    private var linksFollowed = 0

    /// Linux follows no more links than that in one walk.
    private static let mostLinks = 40

    init(_ tree: Tree) {
        self.tree = tree
    }

    /// Where a path ends: what is left to look up, and in which directory.
    struct End {
        let directory: Inode
        let last: Component
        /// The last component must be a directory.
        let hasTrailingSlash: Bool
    }

    enum Component {
        /// It has a character for each byte (`Tree`).
        case name(String)
        case dot
        case dotDot
        /// There is no component: the path is the root's.
        case root

        init(_ bytes: some Collection<UInt8>) {
            let name = String(latin1: bytes)
            self = name == "." ? .dot : name == ".." ? .dotDot : .name(name)
        }
    }

    /// Walks to the directory in which the last component is to be found.
    ///
    /// - Throws: `ENOENT` or `ENOTDIR` where there is no such directory, `ELOOP` after too many links.
    mutating func end(of path: some BidirectionalCollection<UInt8>, from start: Inode) throws(Errno) -> End {
        let slash = UInt8(ascii: "/")
        var components = path.split(separator: slash)
        guard let last = components.popLast() else { return End(directory: start, last: .root, hasTrailingSlash: true) }
        var directory = start
        for component in components {
            let step = End(directory: directory, last: Component(component), hasTrailingSlash: true)
            directory = try node(at: step, following: true).inode
        }
        return End(directory: directory, last: Component(last), hasTrailingSlash: path.last == slash)
    }

    /// The node at the end of a walk; the target, if it is a link to be followed.
    ///
    /// - Throws: `ENOENT` where there is none, `ENOTDIR` where a slash asks for a directory; of a link that is followed what
    ///   `end(of:from:)` throws.
    mutating func node(at end: End, following: Bool) throws(Errno) -> NodeStatus {
        var node = try look(at: end)
        if node.kind == .link, following || end.hasTrailingSlash { node = try follow(node, in: end.directory) }
        guard !end.hasTrailingSlash || node.kind == .directory else { throw .ENOTDIR }
        return node
    }

    private func look(at end: End) throws(Errno) -> NodeStatus {
        switch end.last {
        case .name(let name): try tree.lookUp(name, in: end.directory)
        case .dot, .root: try tree.status(end.directory)
        case .dotDot: try tree.status(tree.parent(of: end.directory))
        }
    }

    private mutating func follow(_ link: NodeStatus, in directory: Inode) throws(Errno) -> NodeStatus {
        guard linksFollowed < PathWalk.mostLinks else { throw .ELOOP }
        linksFollowed += 1
        let target = try tree.target(of: link.inode)
        return try node(at: try end(of: target.latin1, from: directory), following: true)
    }
}
