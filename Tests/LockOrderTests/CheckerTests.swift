import Glibc
import KernelLocks
import LockOrder
import Testing
import Waiting

/// What each of these does compiles: an outer token is used inside, or a leaf's closure takes a lock.
extension LockOrderTests {
    @Suite(.enabled(if: LockChecker.isEnabled)) struct CheckerTests {
        let guests = RWLock<GuestsRank, Int>("checked guests", 0)
        let kvm = Lock<KVMRank, Int>("checked kvm", 0)
        let matrix = Lock<MatrixRank, Int>("checked matrix", 0)
        let leaf = Leaf("checked leaf", 0)

        @Test func theOrderOfTheLadderIsInOrder() {
            let violations = LockChecker.violations {
                withNoLocksHeld { held in
                    guests.withReadLock(after: held) { _, held in
                        kvm.withLock(after: held) { _, held in
                            matrix.withLock(after: held) { _, _ in leaf.withLock { _ in } }
                            matrix.withLock(after: held) { _, _ in leaf.withLock { _ in } }
                        }
                    }
                }
            }
            #expect(violations.isEmpty)
        }

        @Test func anOuterLockAfterAnInnerOneIsReportedWithBothChains() throws {
            let (kvm, matrix) = (Lock<KVMRank, Int>("both chains: kvm", 0), Lock<MatrixRank, Int>("both chains: matrix", 0))
            let (first, second) = (#line + 2, #line + 6)
            withNoLocksHeld { held in
                kvm.withLock(after: held) { _, held in matrix.withLock(after: held) { _, _ in } }
            }
            let violations = LockChecker.violations {
                withNoLocksHeld { held in
                    matrix.withLock(after: held) { _, _ in kvm.withLock(after: held) { _, _ in } }
                }
            }
            let violation = try #require(violations.first)
            #expect(violations.count == 1)
            #expect(violation.kind == .wrongOrder)
            #expect(violation.held.map(\.name) == ["both chains: matrix"])
            #expect(violation.taking?.name == "both chains: kvm")
            let lines = violation.report.split(separator: "\n")
            let wanted = try #require(lines.firstIndex { $0.hasSuffix("is about to take") })
            #expect(lines[wanted + 1].contains("both chains: kvm"))
            #expect(lines[wanted + 1].contains("CheckerTests.swift:\(second)"))
            #expect(lines[wanted + 2] == "but it holds, outermost first")
            #expect(lines[wanted + 3].contains("both chains: matrix"))
            #expect(lines[wanted + 3].contains("CheckerTests.swift:\(second)"))
            #expect(lines[wanted + 4] == "the opposite order was seen before:")
            #expect(lines[wanted + 5].contains("both chains: kvm"))
            #expect(lines[wanted + 5].contains("CheckerTests.swift:\(first)"))
        }

        @Test func theOppositeOrderMayHaveBeenSeenInSteps() throws {
            let hook = RWLock<PQAPHookRank, Int>("step 2", 0)
            let (first, last) = (Lock<KVMRank, Int>("step 1", 0), Lock<MatrixRank, Int>("step 3", 0))
            withNoLocksHeld { held in
                first.withLock(after: held) { _, held in hook.withReadLock(after: held) { _, _ in } }
                hook.withReadLock(after: held) { _, held in last.withLock(after: held) { _, _ in } }
            }
            let violations = LockChecker.violations {
                withNoLocksHeld { held in last.withLock(after: held) { _, _ in first.withLock(after: held) { _, _ in } } }
            }
            let report = try #require(violations.first).report
            let steps = report.split(separator: "\n").filter { $0.contains(", then ") }
            #expect(steps.count == 2)
            #expect(steps.first?.contains("step 1") == true)
            #expect(steps.last?.contains("step 3") == true)
        }

        @Test func twoGuestsAreReported() {
            let other = Lock<KVMRank, Int>("checked kvm", 0)
            let violations = LockChecker.violations {
                withNoLocksHeld { held in kvm.withLock(after: held) { _, _ in other.withLock(after: held) { _, _ in } } }
            }
            #expect(violations.map(\.kind) == [.twoOfOneRank])
        }

        @Test func aReaderThatReadsAgainIsReported() {
            let violations = LockChecker.violations {
                withNoLocksHeld { held in
                    guests.withReadLock(after: held) { _, _ in guests.withReadLock(after: held) { _, _ in } }
                }
            }
            #expect(violations.map(\.kind) == [.recursion])
        }

        @Test func nothingIsTakenUnderALeaf() {
            let other = Leaf("other leaf", 0)
            let violations = LockChecker.violations {
                withNoLocksHeld { held in
                    leaf.withLock { _ in
                        other.withLock { _ in }
                        matrix.withLock(after: held) { _, _ in }
                    }
                }
            }
            #expect(violations.map(\.kind) == [.underLeaf, .underLeaf])
        }

        @Test func whoHoldsALockDoesNotHoldNone() {
            let violations = LockChecker.violations {
                withNoLocksHeld { held in matrix.withLock(after: held) { _, _ in withNoLocksHeld { _ in } } }
            }
            #expect(violations.map(\.kind) == [.notUnlocked])
            #expect(violations.first?.taking == nil)
        }

        @Test func theChainIsEmptyAgainAfterAnError() {
            struct Refusal: Error {}
            let violations = LockChecker.violations {
                withNoLocksHeld { held in
                    _ = try? matrix.withLock(after: held) { _, _ throws(Refusal) in throw Refusal() }
                }
                withNoLocksHeld { held in guests.withWriteLock(after: held) { _, _ in } }
            }
            #expect(violations.isEmpty)
        }

        @Test func aWaitWithARankedLockInHandIsWrittenDown() {
            let (use, asleep) = (Leaf("users", 1), Event("a thread goes to sleep"))
            let device = Lock<DeviceRank, Int>("removed device", 0)
            withSleepsSeen(asleep) {
                let remover = TestThread {
                    withNoLocksHeld { held in
                        device.withLock(after: held) { _, _ in use.wait { $0 == 0 ? () : nil } }
                    }
                }
                asleep.wait()
                use.withLock { $0 = 0 }
                use.notifyAll()
                remover.join()
            }
            let waits = LockChecker.observedWaits.filter { $0.inner.name == "users" }
            #expect(waits.map(\.outer.name) == ["removed device"])
        }

        @Test func theHandlerIsToldOfViolationsThatNobodyCollects() {
            let kinds = Story<LockViolation.Kind>()
            LockChecker.setViolationHandler { kinds.add($0.kind) }
            defer { LockChecker.setViolationHandler(LockChecker.trap) }
            leaf.withLock { _ in withNoLocksHeld { _ in } }
            #expect(kinds.lines == [.notUnlocked])
        }

        @Test func recursionEndsTheProcessInsteadOfHangingIt() async throws {
            let result = try await #require(processExitsWith: .signal(SIGABRT), observing: [\.standardErrorContent]) {
                let matrix = Lock<MatrixRank, Int>("taken twice", 0)
                withNoLocksHeld { held in
                    matrix.withLock(after: held) { _, _ in matrix.withLock(after: held) { _, _ in } }
                }
            }
            let report = String(decoding: result.standardErrorContent, as: UTF8.self)
            #expect(report.contains("locks: a lock is taken twice"))
            #expect(report.contains("taken twice #1 (matrix)"))
        }
    }
}
