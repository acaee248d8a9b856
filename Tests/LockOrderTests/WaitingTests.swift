import LockOrder
import Testing
import Waiting

extension LockOrderTests {
    @Suite struct WaitingTests {
        @Test func aConditionThatHoldsIsNotWaitedFor() {
            let leaf = Leaf("holds already", 3)
            #expect(leaf.wait { $0 == 3 ? "three" : nil } == "three")
        }

        @Test func aWaiterSleepsUntilItsConditionHolds() {
            let (leaf, asleep, answers) = (Leaf("until three", 0), Event("a thread goes to sleep"), Story<Int>())
            withSleepsSeen(asleep) {
                let waiter = TestThread {
                    answers.add(
                        leaf.wait { count -> Int? in
                            guard count >= 3 else { return nil }
                            defer { count = 0 }
                            return count
                        })
                }
                for _ in 1...3 {
                    asleep.wait()
                    #expect(answers.lines.isEmpty)
                    leaf.withLock { $0 += 1 }
                    leaf.notifyAll()
                }
                waiter.join()
            }
            #expect(answers.lines == [3])
            #expect(leaf.withLock { $0 } == 0)
        }

        @Test func everybodyIsWoken() {
            let (leaf, asleep) = (Leaf("all", false), Event("a thread goes to sleep"))
            withSleepsSeen(asleep) {
                let waiters = (0..<5).map { _ in TestThread { leaf.wait { $0 ? () : nil } } }
                for _ in waiters { asleep.wait() }
                leaf.withLock { $0 = true }
                leaf.notifyAll()
                for waiter in waiters { waiter.join() }
            }
        }

        /// Two threads throw a ball to and fro: one overlooked notification, and nobody ever has it again.
        @Test func noNotificationIsOverlooked() {
            let ball = Leaf("ball", 0)
            let players = (0..<2).map { me in
                TestThread {
                    for _ in 0..<10_000 {
                        ball.wait { count -> Void? in
                            guard count % 2 == me else { return nil }
                            count += 1
                            return ()
                        }
                        ball.notifyAll()
                    }
                }
            }
            for player in players { player.join() }
            #expect(ball.withLock { $0 } == 20_000)
        }

        struct Interrupted: Error {}

        @Test func aConditionMayThrow() {
            let leaf = Leaf("thrown out of", 0)
            #expect(throws: Interrupted.self) {
                try leaf.wait { _ throws(Interrupted) -> Int? in throw Interrupted() }
            }
            leaf.withLock { $0 += 1 }
        }
    }
}
