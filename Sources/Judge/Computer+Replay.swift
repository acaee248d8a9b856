internal import DriverCore
public import Emulator
public import Kernels
internal import Machine
public import Recordings
internal import Sysfs
internal import SystemPackage
internal import VFS

extension Computer {
    /// How long a request took on the recorded machines, about: queues of 6.1 are looked at every 250 µs.
    private static let requestTime = Duration.microseconds(200)

    /// Plays a recording on the machine that it begins on, freshly booted in this process.
    ///
    /// Time is virtual, unless the recording has requests that wait for each other (`Recording.needsRealTime`).
    ///
    /// - Throws: `Recording.Malformed` and `MachineDescription.Impossible` where the recording begins with what cannot be; what
    ///   `Computer.init` and the first look at its control plane throw, which on a computer of its own does not fail. Answers that
    ///   differ are in the verdict.
    public static func replay(
        _ recording: Recording, release: KernelRelease, deviations: Deviations = .none
    ) throws -> Verdict {
        let head = try recording.head()
        let machine = try MachineDescription(of: head)
        guard recording.needsRealTime else {
            let clock = VirtualClock()
            let computer = try Computer(machine, release: release, clock: clock)
            defer { computer.end() }
            let player = try Player(
                TreeCalls(tree: computer.tree), pace: .virtual(perRequest: requestTime) { clock.advance(by: $0) })
            player.prepare(for: head)
            return recording.replay(on: player, release: release, judge: .process, deviations: deviations)
        }
        let computer = try Computer(machine, release: release, clock: RealClock())
        defer { computer.end() }
        let player = try Player(TreeCalls(tree: computer.tree), pace: .real)
        player.prepare(for: head)
        return recording.replay(on: player, release: release, judge: .process, deviations: deviations)
    }
}
