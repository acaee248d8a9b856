import DriverCore
@testable import Emulator
import Interleavings
import LockOrder
import Testing
import Waiting
import VFIOAP

/// The explorer makes a host for every schedule, and a host that stays in memory takes a megabyte of it.
@Suite(.serialized, .bounded) struct LeakTests {
    /// Who must be gone. Unchecked: written by one run, read after it.
    private final class Traces: @unchecked Sendable {
        weak var run: Run?
        weak var host: SmallHost?
        weak var computer: Computer?
        weak var kernel: Kernel?
        weak var matrixDevice: MatrixDevice?
    }

    @Test(arguments: HostOperation.allCases) func nothingOutlivesARun(_ operation: HostOperation) throws {
        let traces = Traces()
        let explorer = Explorer(
            granularity: HostOperation.granularity,
            make: { run in
                let host = try SmallHost(clock: RunClock(run))
                traces.run = run
                traces.host = host
                traces.computer = host.computer
                traces.kernel = host.computer.kernel
                traces.matrixDevice = host.computer.vfioAP.withLock { $0?.matrixDevice }
                return host
            }, check: { host, _ in host.finish() })
        #expect(try explorer.explore([operation.operation], schedules: 1).failure == nil)
        #expect(traces.run == nil)
        #expect(traces.host == nil)
        #expect(traces.computer == nil)
        #expect(traces.kernel == nil)
        #expect(traces.matrixDevice == nil)
    }
}
