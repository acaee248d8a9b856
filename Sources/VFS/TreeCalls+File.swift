internal import Synchronization
internal import Sysfs
internal import SystemPackage

extension TreeCalls {
    /// What an open gives: a place in a file or a directory, as Linux keeps it for an open file. It closes with the last reference.
    public final class File: Sendable {
        enum Content {
            case attribute(OpenFile)
            /// Not read but listed.
            case directory
            /// Opened with O_PATH: neither read nor written.
            case path
        }
        let content: Content
        let flags: OpenFlags
        let kind: NodeKind
        /// The node, also after it is gone.
        let inode: Sysfs.Inode
        private let tree: Tree
        private let place: Mutex<Place>

        struct Place {
            /// Of a file in bytes.
            var offset = 0
            /// Of a directory, behind what was listed.
            var listed = Listed.nothing
            /// What the node was when it was last looked at.
            var status: NodeStatus
        }

        /// How far a directory was listed. A name that comes in front of that is not told any more.
        enum Listed {
            case nothing, dot, dotDot
            case name(NameHash, String)
        }

        init(_ tree: Tree, _ node: NodeStatus, _ content: Content, _ flags: OpenFlags) {
            self.tree = tree
            self.content = content
            self.flags = flags
            kind = node.kind
            inode = node.inode
            place = Mutex(Place(status: node))
            // a directory that goes still has a parent for who has it open
            tree.remember(inode)
        }

        deinit {
            tree.forget(inode, count: 1)
        }

        var isPath: Bool {
            if case .path = content { true } else { false }
        }

        /// The bytes that read(2) begins behind.
        var offset: Int {
            get { place.withLock { $0.offset } }
            set { place.withLock { $0.offset = newValue } }
        }

        /// What the node is, or was when it went.
        var status: NodeStatus {
            let now = try? tree.status(inode)
            return place.withLock { place in
                place.status = now ?? place.status
                return place.status
            }
        }

        /// Changes what the node is; of one that is gone only who has it open sees it.
        func change(_ change: (inout NodeStatus) -> Void) {
            let now = try? tree.setStatus(inode, change)
            place.withLock { place in
                if let now { place.status = now } else { change(&place.status) }
            }
        }

        var listed: Listed {
            get { place.withLock { $0.listed } }
            set { place.withLock { $0.listed = newValue } }
        }
    }
}
