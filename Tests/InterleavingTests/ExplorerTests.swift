import Glibc
import Interleavings
import LockOrder
import Testing
import Waiting

/// The explorer itself: what it counts as different, what it finds, what it leaves behind.
@Suite(.serialized, .bounded) struct ExplorerTests {
    /// Locks and variables that a test needs, and nothing else.
    private final class Things: Sendable {
        let first: ManualLock
        let second: ManualLock
        let number: SharedVariable<Int>
        let door = Leaf("door", 0)
        let room = Leaf("room", 0)
        let run: Run

        init(_ run: Run) {
            self.run = run
            first = ManualLock("first", run)
            second = ManualLock("second", run)
            number = SharedVariable("number", 0, run)
        }
    }

    private typealias Operation = Explorer<Things>.Operation

    private func explorer(_ check: @escaping @Sendable (Things, [String]) -> [String] = { _, _ in [] }) -> Explorer<Things> {
        Explorer(make: { Things($0) }, check: check)
    }

    private static func take(_ lock: @escaping @Sendable (Things) -> ManualLock) -> Operation {
        Operation("take") { things in
            lock(things).lock()
            lock(things).unlock()
            return "ok"
        }
    }

    private static let increment = Operation("increment") { things in
        things.number.current += 1
        return "ok"
    }

    @Test func oneLockMeansTwoOrders() throws {
        let exploration = try explorer().explore([Self.take { $0.first }, Self.take { $0.first }])
        #expect(exploration.isComplete)
        #expect(exploration.schedules - exploration.pruned == 2)
    }

    @Test func threeThreadsAtOneLockMeanSixOrders() throws {
        let exploration = try explorer().explore([Self.take { $0.first }, Self.take { $0.first }, Self.take { $0.first }])
        #expect(exploration.isComplete)
        #expect(exploration.schedules - exploration.pruned == 6)
    }

    @Test func whatHasNothingInCommonIsRunOnce() throws {
        let exploration = try explorer().explore([Self.take { $0.first }, Self.take { $0.second }])
        #expect(exploration.isComplete)
        #expect(exploration.schedules == 1)
    }

    /// Two increments without a lock: two reads and two writes, of which the reads of different threads do not disturb each
    /// other. Six orders, of which the two that begin with both reads count once for each order of the writes.
    @Test func everyOrderOfAnUnguardedIncrementIsSeen() throws {
        let seen = Leaf("seen", Set<Int>())
        let exploration = try explorer { things, _ in
            let number = things.number.current
            seen.withLock { _ = $0.insert(number) }
            return []
        }.explore([Self.increment, Self.increment])
        #expect(exploration.isComplete)
        #expect(exploration.schedules - exploration.pruned == 4)
        #expect(seen.withLock { $0 } == [1, 2])
    }

    @Test func theSameSeedFindsTheSame() throws {
        let explorer = explorer { things, _ in things.number.current == 3 ? [] : ["lost"] }
        let operations = [Self.increment, Self.increment, Self.increment]
        let one = try #require(try explorer.explore(operations, schedules: 0, random: 1000, seed: 7).failure)
        let two = try #require(try explorer.explore(operations, schedules: 0, random: 1000, seed: 7).failure)
        #expect(one.schedule == two.schedule)
        #expect(try explorer.replay(one.schedule, operations).failure?.reasons == ["lost"])
    }

    @Test func aScheduleIsReadAsItIsWritten() throws {
        let schedule = Schedule([0, 0, 0, 1, 2, 2, 0])
        #expect(schedule.description == "a3bc2a")
        #expect(Schedule("a3bc2a") == schedule)
        #expect(Schedule("a3 b") == nil)
        #expect(Schedule("3a") == nil)
    }

    @Test func aScheduleThatDoesNotFitIsSaid() throws {
        let failure = try explorer().replay(Schedule("b3a2") ?? Schedule([]), [Self.take { $0.first }, Self.take { $0.first }])
            .failure
        #expect(failure?.kind == .misfit)
    }

    /// A reader waits for somebody who waits behind a writer that waits for the reader.
    @Test func aWriterThatWaitsKeepsReadersOut() throws {
        let reader = Operation("reader") { things in
            things.first.lock(.shared)
            things.door.wait { $0 == 0 ? nil : () }
            things.first.unlock(.shared)
            return "ok"
        }
        let opener = Operation("opener") { things in
            things.first.lock(.shared)
            things.door.withLock { $0 = 1 }
            things.door.notifyAll()
            things.first.unlock(.shared)
            return "ok"
        }
        let writer = Operation("writer") { things in
            things.first.lock()
            things.first.unlock()
            return "ok"
        }
        let two = try explorer().explore([reader, opener])
        #expect(two.failure == nil, "\(two)")
        #expect(two.isComplete, "\(two)")
        let failure = try #require(try explorer().explore([reader, writer, opener]).failure)
        #expect(failure.kind == .deadlock)
        #expect(failure.reasons.contains { $0.contains("waits for a change under door") && $0.contains("holds first") })
    }

    /// The attempt succeeds before, fails during and succeeds after the other's hold.
    @Test func anAttemptIsMadeInTheMiddleToo() throws {
        let holder = Operation("holder") { things in
            things.first.lock()
            things.number.current = 1
            things.first.unlock()
            return "ok"
        }
        let attempt = Operation("attempt") { things in
            guard things.first.tryLock() else { return "taken" }
            defer { things.first.unlock() }
            return "\(things.number.current)"
        }
        let exploration = try explorer().explore([holder, attempt])
        #expect(exploration.isComplete)
        #expect(Set(exploration.outcomes.keys) == [["ok", "taken"], ["ok", "0"], ["ok", "1"]])
    }

    @Test func aRuleThatIsBrokenFailsTheRun() throws {
        // off in release builds
        LockChecker.isEnabled = true
        let nested = Operation("nested") { things in
            things.door.withLock { _ in things.room.withLock { $0 = 1 } }
            return "ok"
        }
        let failure = try #require(try explorer().explore([nested]).failure)
        #expect(failure.kind == .wrong)
        #expect(failure.reasons.contains { $0.contains("inside a leaf") })
    }

    @Test func postedWorkIsDoneByAThreadOfItsOwn() throws {
        let poster = Operation("poster") { things in
            things.run.post {
                things.door.withLock { $0 = 1 }
                things.door.notifyAll()
            }
            things.door.wait { $0 == 0 ? nil : () }
            return "ok"
        }
        let exploration = try explorer { things, _ in things.door.withLock { $0 } == 1 ? [] : ["not done"] }.explore([
            poster, poster,
        ])
        #expect(exploration.failure == nil, "\(exploration)")
        #expect(exploration.isComplete, "\(exploration)")
    }

    @Test func whatDoesNotEndIsStopped() throws {
        let forever = Operation("forever") { things in
            while things.number.current == 0 {}
            return "never"
        }
        let explorer = Explorer(limit: 100, make: { Things($0) }, check: { _, _ in [] })
        #expect(try explorer.explore([forever]).failure?.kind == .endless)
    }

    /// A deadlock leaves no thread behind.
    @Test func threadsOfADeadlockAreGone() throws {
        let one = Operation("one") { things in
            things.first.lock()
            things.second.lock()
            return "never both"
        }
        let other = Operation("other") { things in
            things.second.lock()
            things.first.lock()
            return "never both"
        }
        let before = Self.threads
        for _ in 0..<200 {
            let failure = try explorer().explore([one, other]).failure
            #expect(failure?.kind == .deadlock || failure?.kind == .wrong)
        }
        // other tests run beside this one and have threads too
        #expect(Self.threads < before + 200)
    }

    private static var threads: Int {
        guard let directory = opendir("/proc/self/task") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }
}
