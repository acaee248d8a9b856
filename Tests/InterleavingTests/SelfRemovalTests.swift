import Interleavings
import Kernels
import LockOrder
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// A file whose store removes it, written to by several at once: one of them removes it, and nobody goes on before that is done.
@Suite(.bounded) struct SelfRemovalTests {
    private struct Removal {
        var begun = 0
        var ended = 0
    }

    /// A directory with the file, which each writer has open.
    private final class Box: Sendable {
        let directory: Directory
        let removal = Leaf("removal", Removal())
        let files = Leaf<[OpenFile]>("files", [])

        static let table = AttributeTable<Box>(
            [
                .writeOnly("remove") { box, _, _ throws(Errno) in
                    try box.directory.removeSelf("remove") {
                        box.removal.withLock { $0.begun += 1 }
                        box.removal.withLock { $0.ended += 1 }
                    }
                }
            ], release: .v7_2)

        init(writers: Int) throws {
            let tree = Tree(release: .v7_2) { Timestamp(seconds: 1, nanoseconds: 0) }
            directory = try tree.root.makeDirectory("box")
            directory.addAttributes(Box.table, of: self)
            let inode = try tree.lookUp("remove", in: directory.inode).inode
            for _ in 0..<writers {
                let file = try tree.open(inode, reading: false, writing: true)
                files.withLock { $0.append(file) }
            }
        }

        /// - Returns: what the removal had come to when the writer went on; the error of one that came too late.
        func remove(_ writer: Int) -> String {
            let file = files.withLock { $0[writer] }
            do throws(Errno) {
                _ = try withNoLocksHeld { held throws(Errno) in try file.write([UInt8(ascii: "1")], held) }
            } catch {
                return error == .ENODEV ? "ENODEV" : "\(error)"
            }
            return removal.withLock { "\($0.begun) begun, \($0.ended) ended" }
        }

        /// The tree and the files hold each other.
        func finish() {
            directory.remove()
            files.withLock { $0 = [] }
        }
    }

    @Test(arguments: 2...3) func losersWaitForTheWinner(writers: Int) throws {
        let explorer = Explorer { _ in
            try Box(writers: writers)
        } check: { box, outcomes in
            box.finish()
            return outcomes.filter { !["1 begun, 1 ended", "ENODEV"].contains($0) }.map { "a writer went on with: \($0)" }
        }
        let operations = (0..<writers).map { writer in Explorer<Box>.Operation("remove \(writer)") { $0.remove(writer) } }
        let exploration = try explorer.explore(operations)
        #expect(exploration.failure == nil, "\(exploration)")
        let hasLoser = exploration.outcomes.keys.contains { $0.allSatisfy { $0 != "ENODEV" } }
        #expect(hasLoser, "\(exploration.outcomes)")
    }
}
