import KernelLocks
import LockOrder
import Testing
import Waiting

extension LockOrderTests {
    @Suite struct StatisticsTests {
        private func statistics(_ name: String) -> [LockClassStatistics] {
            LockStatistics.snapshot().filter { $0.name == name }
        }

        @Test func locksOfOneRankAndNameAreCountedTogether() throws {
            let locks = (0..<3).map { _ in Lock<DeviceRank, Int>("counted together", 0) }
            let leaf = Leaf("counted together", 0)
            withNoLocksHeld { held in
                for lock in locks { lock.withLock(after: held) { _, _ in leaf.withLock { _ in } } }
            }
            leaf.withLock { _ in }
            let found = statistics("counted together")
            #expect(found.map(\.rank) == [DeviceRank.rank, .leaf])
            #expect(found.map(\.acquisitions) == [3, 4])
            #expect(found.map(\.contentions) == [0, 0])
            #expect(found.map(\.waitTime) == [0, 0])
            let device = try #require(found.first)
            #expect(device.longestHold > 0)
            #expect(device.longestHold <= device.holdTime)
            #expect(found.last?.holdTime == 0)
        }

        @Test func aContentionIsCountedWithItsTime() throws {
            let (lock, asleep) = (Lock<MatrixRank, Int>("contended", 0), Event("a thread goes to sleep"))
            withSleepsSeen(asleep) {
                let other = withNoLocksHeld { held in
                    lock.withLock(after: held) { _, _ in
                        let other = TestThread { withNoLocksHeld { held in lock.withLock(after: held) { _, _ in } } }
                        asleep.wait()
                        return other
                    }
                }
                other.join()
            }
            let found = try #require(statistics("contended").first)
            #expect(found.acquisitions == 2)
            #expect(found.contentions == 1)
            #expect(found.waitTime > 0)
        }

        @Test func theTableHasALineOfTitlesAndALineForEachClass() throws {
            let lock = Lock<KVMRank, Int>("a name of words", 0)
            withNoLocksHeld { held in lock.withLock(after: held) { _, _ in } }
            Leaf("a leaf of words", 0).withLock { _ in }
            let lines = LockStatistics.table.split(separator: "\n")
            let titles = ["rank", "acquisitions", "contentions", "wait-ns", "hold-ns", "hold-max-ns", "name"]
            #expect(lines.first?.split(separator: " ").map(String.init) == titles)
            #expect(lines.count == LockStatistics.snapshot().count + 1)
            let line = try #require(lines.first { $0.hasSuffix("  a name of words") }).split(separator: " ")
            #expect(line.prefix(4) == ["kvm", "1", "0", "0"])
            let leaf = try #require(lines.first { $0.hasSuffix("  a leaf of words") }).split(separator: " ")
            #expect(leaf.prefix(6) == ["leaf", "1", "0", "0", "-", "-"])
        }
    }
}
