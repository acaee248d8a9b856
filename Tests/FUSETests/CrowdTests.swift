import Glibc
import Testing
import Waiting

@testable import FUSE

/// However many requests wait, whatever else is asked is answered.
@Suite(.bounded) struct CrowdTests {
    @Test func aFileIsAnsweredWhileMoreReadersWaitThanThereAreWorkers() throws {
        let mount = try Mount(MemoryFileSystem())
        defer { mount.tearDown() }
        let path = mount.path + "/blocked"
        let readers = (0..<WaitingRequests.maximumOfFile * 3).map { _ in Background { try? contentOf(path) } }
        mount.fileSystem.state.eventually("all workers of the file wait") { $0.blocked == WaitingRequests.maximumOfFile }
        let file = mount.path + "/file"
        for _ in 0..<10 {
            #expect(waiting(for: "another file is read") { try? contentOf(file) } == "hello\n")
        }
        mount.fileSystem.openGate()
        for reader in readers { #expect(reader.value() == "opened\n") }
        #expect(mount.fileSystem.state.withLock { $0.blocked } == readers.count)
    }

    @Test func aRequestThatBlocksWithoutAWordHoldsUpNobody() throws {
        let mount = try Mount(MemoryFileSystem())
        defer { mount.tearDown() }
        let path = mount.path + "/silent"
        let readers = (0..<3).map { _ in Background { try? contentOf(path) } }
        mount.fileSystem.state.eventually("three reads block") { $0.blocked == 3 }
        let file = mount.path + "/file"
        #expect(waiting(for: "another file is read") { try? contentOf(file) } == "hello\n")
        mount.fileSystem.openGate()
        for reader in readers { #expect(reader.value() == "opened\n") }
    }
}

/// What may wait at once, and what is held back.
struct WaitingRequestsTests {
    private let thread: pid_t = 4711

    private func asker(_ node: UInt64, hasOwnWorkers: Bool = false) -> WaitingRequests.Asker {
        WaitingRequests.Asker(node: NodeID(rawValue: node), thread: thread, hasOwnWorkers: hasOwnWorkers)
    }

    private func request(
        _ unique: UInt64, _ node: UInt64, isRead: Bool = true, hasOwnWorkers: Bool = false
    ) throws -> WaitingRequests.Postponed {
        var bytes = [UInt8](repeating: 0, count: 40)
        bytes[4] = isRead ? 15 : 16
        withUnsafeBytes(of: unique) { bytes.replaceSubrange(8..<16, with: $0) }
        withUnsafeBytes(of: node) { bytes.replaceSubrange(16..<24, with: $0) }
        withUnsafeBytes(of: thread) { bytes.replaceSubrange(32..<36, with: $0) }
        let header = try #require(bytes.withUnsafeBytes { RequestHeader($0) })
        return WaitingRequests.Postponed(header: header, asker: asker(node, hasOwnWorkers: hasOwnWorkers), bytes: bytes)
    }

    @Test func oneFileHasSoManyAndAllTogetherHaveSoMany() {
        var waiting = WaitingRequests()
        var unique: UInt64 = 0
        for node in UInt64(2)... where waiting.hasRoom(for: asker(node)) {
            for _ in 0..<WaitingRequests.maximumOfFile where waiting.hasRoom(for: asker(node)) {
                unique += 2
                waiting.begin(unique, asker(node))
            }
            #expect(waiting.isCrowded)
            if unique == UInt64(2 * WaitingRequests.maximum) { break }
            #expect(!waiting.hasRoom(for: asker(node)))
        }
        #expect(unique == UInt64(2 * WaitingRequests.maximum))
        #expect(!waiting.hasRoom(for: asker(1000)))
        #expect(waiting.hasRoom(for: asker(1000, hasOwnWorkers: true)))
        waiting.end(unique)
        #expect(waiting.hasRoom(for: asker(1000)))
    }

    @Test func whatIsHeldBackBeginsInItsOrderOnceItsFileHasRoom() throws {
        var waiting = WaitingRequests()
        for number in 0..<WaitingRequests.maximumOfFile { waiting.begin(UInt64(number), asker(7)) }
        #expect(waiting.postpone(try request(1001, 7)))
        #expect(waiting.postpone(try request(1002, 7)))
        #expect(waiting.postpone(try request(1003, 8)))
        #expect(waiting.takePostponed()?.header.unique == 1003)
        #expect(waiting.takePostponed() == nil)
        waiting.end(3)
        #expect(waiting.takePostponed()?.header.unique == 1001)
        #expect(waiting.takePostponed() == nil)
        waiting.end(1001)
        #expect(waiting.takePostponed()?.header.unique == 1002)
        #expect(waiting.isCrowded)
    }

    @Test func noMoreBytesAreHeldBackThanIsSaid() throws {
        var waiting = WaitingRequests()
        for number in 0..<WaitingRequests.maximumOfFile { waiting.begin(UInt64(number), asker(7)) }
        let small = try request(1001, 7)
        let large = WaitingRequests.Postponed(
            header: small.header, asker: small.asker, bytes: [UInt8](repeating: 0, count: WaitingRequests.maximumBytes))
        var areKept = [waiting.postpone(large), waiting.postpone(small)]
        #expect(areKept == [true, false])
        waiting.end(1)
        let taken = waiting.takePostponed()
        #expect(taken?.bytes.count == WaitingRequests.maximumBytes)
        areKept = [waiting.postpone(small), waiting.abandon(1001) == nil, waiting.postpone(large)]
        #expect(areKept == [true, true, true])
    }

    /// Files have their turns in the order of their requests, whatever has ended, was dropped or has come meanwhile: as in a list that is
    /// looked through from its beginning.
    @Test(arguments: [1, 2, 3] as [UInt64]) func theOrderIsThatOfAList(seed: UInt64) throws {
        var waiting = WaitingRequests()
        var list: [WaitingRequests.Postponed] = []
        var underWay: [UInt64] = []
        var random = seed
        func draw(_ count: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % count
        }
        for unique in 1...4000 as ClosedRange<UInt64> {
            let node = UInt64(2 + draw(8))
            switch draw(10) {
            case 0..<5:
                let made = try request(unique, node, hasOwnWorkers: node == 2)
                if waiting.hasRoom(for: made.asker) {
                    waiting.begin(unique, made.asker)
                    underWay.append(unique)
                } else if waiting.postpone(made) {
                    list.append(made)
                }
            case 5..<8:
                if !underWay.isEmpty, draw(3) == 0 { waiting.end(underWay.remove(at: draw(underWay.count))) }
                let expected = list.firstIndex { waiting.hasRoom(for: $0.asker) }.map { list.remove(at: $0).header.unique }
                let taken = waiting.takePostponed()?.header.unique
                try #require(taken == expected)
                if let taken { underWay.append(taken) }
            default:
                guard !list.isEmpty else { continue }
                let dropped = list.remove(at: draw(list.count)).header.unique
                let interrupted = waiting.interrupt(dropped)
                #expect(interrupted?.isPostponed == true)
                _ = waiting.abandon(dropped)
            }
        }
    }

    /// As many as may be held back, each of which a signal reaches: that takes no look at the others.
    @Test func allThatAreHeldBackAreInterruptedAndTaken() throws {
        var waiting = WaitingRequests()
        for number in 0..<WaitingRequests.maximumOfFile { waiting.begin(UInt64(number), asker(7)) }
        let uniques = (0..<UInt64(WaitingRequests.maximumPostponed)).map { 1000 + $0 }
        for unique in uniques { #expect(waiting.postpone(try request(unique, 7, isRead: unique % 2 == 0))) }
        for unique in uniques.reversed() { #expect(waiting.interrupt(unique)?.isPostponed == true) }
        for unique in uniques.reversed() { _ = waiting.abandon(unique) }
        var next: UInt64 = 0
        var taken: [UInt64] = []
        while true {
            waiting.end(next)
            guard let request = waiting.takePostponed() else { break }
            next = request.header.unique
            taken.append(next)
        }
        #expect(taken == uniques.filter { $0 % 2 == 1 })
    }

    /// The file system is asked only when the request has begun to wait.
    @Test func aFileWithWorkersOfItsOwnIsCountedApartAfterwards() {
        var waiting = WaitingRequests()
        for number in 0..<UInt64(WaitingRequests.maximum) { waiting.begin(number, asker(number / 100)) }
        #expect(!waiting.hasRoom(for: asker(1000)))
        waiting.countApart(3)
        waiting.countApart(3)
        waiting.countApart(4711)
        #expect(waiting.hasRoom(for: asker(1000)))
        waiting.begin(1000, asker(1000))
        #expect(!waiting.hasRoom(for: asker(1001)))
        waiting.end(3)
        #expect(!waiting.hasRoom(for: asker(1001)))
    }

    @Test func whoIsInterruptedIsKnownUntilTheAnswer() {
        var waiting = WaitingRequests()
        let unknown = waiting.interrupt(1)
        #expect(unknown == nil)
        waiting.begin(1, asker(7))
        let interrupted = waiting.interrupt(1)
        #expect(interrupted?.asker == thread && interrupted?.isPostponed == false)
        #expect(waiting.interrupted == [1: thread])
        waiting.end(1)
        #expect(waiting.interrupted.isEmpty)
    }

    @Test func ofTheDeadReadsAreDroppedAndWritesAreNot() throws {
        var waiting = WaitingRequests()
        #expect(waiting.postpone(try request(1, 7, isRead: true)))
        #expect(waiting.postpone(try request(2, 7, isRead: false)))
        for unique in [1, 2] as [UInt64] {
            let interrupted = waiting.interrupt(unique)
            #expect(interrupted?.asker == thread && interrupted?.isPostponed == true)
            #expect(waiting.abandon(unique) == nil)
        }
        #expect(waiting.interrupted.isEmpty)
        #expect(waiting.takePostponed()?.header.unique == 2)
        #expect(waiting.takePostponed() == nil)
    }
}
