@testable import LockOrder
import Testing
import Waiting

extension LockOrderTests {
    @Suite struct TurnTests {
        /// What a turn does where nobody looks at the locks, and where somebody does, which may begin at any time.
        private static func take(_ turn: borrowing Turn, atOnce: Bool, _ body: () -> Void) {
            if !atOnce || !turn.beginsAtOnce() { turn.wait() }
            body()
            if !atOnce || !turn.endsAtOnce() { turn.handBack() }
        }

        private final class Counter: Sendable {
            let turn = Turn("counted turn")
            // Unsafe: only touched by whoever's turn it is.
            nonisolated(unsafe) var count = 0
        }

        @Test func oneThreadAtATimeHasTheTurn() {
            let counter = Counter()
            let threads = (0..<4).map { thread in
                TestThread {
                    for round in 0..<20_000 {
                        Self.take(counter.turn, atOnce: (round + thread) % 8 != 0) { counter.count += 1 }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(counter.count == 80_000)
        }

        @Test(arguments: [true, false]) func whoWaitsIsWokenAtTheEndOfTheTurn(atOnce: Bool) {
            let (counter, asleep, story) = (Counter(), Event("a thread goes to sleep"), Story<String>())
            var threads: [TestThread] = []
            withSleepsSeen(asleep) {
                Self.take(counter.turn, atOnce: atOnce) {
                    for _ in 0..<3 {
                        threads.append(TestThread { Self.take(counter.turn, atOnce: atOnce) { story.add("waited") } })
                        asleep.wait()
                    }
                    story.add("first")
                }
                for thread in threads { thread.join() }
            }
            #expect(story.lines == ["first", "waited", "waited", "waited"])
        }

        @Test func nobodyBeginsAtOnceWhileItIsTaken() {
            let turn = Turn("taken turn")
            var answers = [turn.beginsAtOnce(), turn.beginsAtOnce(), turn.endsAtOnce(), turn.beginsAtOnce()]
            turn.handBack()
            answers.append(turn.beginsAtOnce())
            #expect(answers == [true, false, true, true, true])
            turn.handBack()
        }

        @Test func anErrorEndsTheTurn() {
            struct Refusal: Error {}
            let turns = Turns("refused turn", 1)
            #expect(throws: Refusal.self) {
                try turns.withTurn { count in
                    count = 2
                    throw Refusal()
                }
            }
            #expect(turns.withTurn { $0 } == 2)
        }
    }
}
