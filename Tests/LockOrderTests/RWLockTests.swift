import KernelLocks
import LockOrder
import Synchronization
import Testing
import Waiting

extension LockOrderTests {
    @Suite struct RWLockTests {
        let guests = RWLock<GuestsRank, [Int]>("rw", [])

        @Test func readersHoldItSideBySide() {
            let guests = guests
            let (inside, mayGo) = (Event("a reader is inside"), Event("the test lets it go"))
            let readers = (0..<3).map { _ in
                TestThread {
                    withNoLocksHeld { held in
                        guests.withReadLock(after: held) { _, _ in
                            inside.happens()
                            mayGo.wait()
                        }
                    }
                }
            }
            for _ in readers { inside.wait() }
            for _ in readers { mayGo.happens() }
            for reader in readers { reader.join() }
        }

        @Test func aWriterKeepsEverybodyOut() {
            let guests = guests
            let asleep = Event("a thread goes to sleep")
            withSleepsSeen(asleep) {
                let others = withNoLocksHeld { held in
                    guests.withWriteLock(after: held) { list, _ in
                        let others = [
                            TestThread {
                                withNoLocksHeld { held in guests.withWriteLock(after: held) { list, _ in list.append(2) } }
                            },
                            TestThread {
                                withNoLocksHeld { held in
                                    guests.withReadLock(after: held) { list, _ in #expect(list.first == 1) }
                                }
                            },
                        ]
                        for _ in others { asleep.wait() }
                        list.append(1)
                        return others
                    }
                }
                for other in others { other.join() }
            }
            #expect(withNoLocksHeld { held in guests.withReadLock(after: held) { list, _ in Array(list) } } == [1, 2])
        }

        /// Behind a writer: readers that came next to each other get the lock together, everybody else alone, as they came.
        @Test func itIsHadInTheOrderOfArrival() {
            let guests = guests
            let (asleep, order) = (Event("a thread goes to sleep"), Story<String>())
            withSleepsSeen(asleep) {
                let threads = withNoLocksHeld { held in
                    guests.withWriteLock(after: held) { _, _ in
                        ["writer 1", "reader", "reader", "writer 2", "reader", "writer 3"].map { name in
                            defer { asleep.wait() }
                            return TestThread {
                                withNoLocksHeld { held in
                                    if name == "reader" {
                                        guests.withReadLock(after: held) { _, _ in order.add(name) }
                                    } else {
                                        guests.withWriteLock(after: held) { _, _ in order.add(name) }
                                    }
                                }
                            }
                        }
                    }
                }
                for thread in threads { thread.join() }
            }
            #expect(order.lines == ["writer 1", "reader", "reader", "writer 2", "reader", "writer 3"])
        }

        /// Who gives the lock back and wants it again stands behind who has waited.
        @Test func nobodyPassesWhoHasWaited() {
            let guests = guests
            let (asleep, order) = (Event("a thread goes to sleep"), Story<String>())
            withSleepsSeen(asleep) {
                let thread = withNoLocksHeld { held in
                    guests.withReadLock(after: held) { _, _ in
                        let thread = TestThread {
                            withNoLocksHeld { held in guests.withWriteLock(after: held) { _, _ in order.add("who has waited") } }
                        }
                        asleep.wait()
                        return thread
                    }
                }
                withNoLocksHeld { held in guests.withWriteLock(after: held) { _, _ in order.add("who comes back") } }
                thread.join()
            }
            #expect(order.lines == ["who has waited", "who comes back"])
        }

        /// A reader is inside, a writer waits, another reader comes: it has to let the writer go first.
        @Test func readersThatComeLaterDoNotStarveAWriter() {
            let guests = guests
            let (asleep, order) = (Event("a thread goes to sleep"), Story<String>())
            withSleepsSeen(asleep) {
                let threads = withNoLocksHeld { held in
                    guests.withReadLock(after: held) { _, _ in
                        let writer = TestThread {
                            withNoLocksHeld { held in guests.withWriteLock(after: held) { _, _ in order.add("writer") } }
                        }
                        asleep.wait()
                        let reader = TestThread {
                            withNoLocksHeld { held in guests.withReadLock(after: held) { _, _ in order.add("reader") } }
                        }
                        asleep.wait()
                        return [writer, reader]
                    }
                }
                for thread in threads { thread.join() }
            }
            #expect(order.lines == ["writer", "reader"])
        }

        @Test func readersNeverSeeHalfAWrite() {
            let pair = RWLock<PQAPHookRank, [Int]>("pair", [0, 0])
            let threads = (0..<4).map { number in
                TestThread {
                    for _ in 0..<10_000 {
                        withNoLocksHeld { held in
                            if number == 0 {
                                pair.withWriteLock(after: held) { pair, _ in
                                    pair[0] += 1
                                    pair[1] += 1
                                }
                            } else {
                                pair.withReadLock(after: held) { pair, _ in
                                    if pair[0] != pair[1] { Issue.record("\(pair[0]) and \(pair[1])") }
                                }
                            }
                        }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(withNoLocksHeld { held in pair.withReadLock(after: held) { pair, _ in pair[0] } } == 10_000)
        }
    }
}
