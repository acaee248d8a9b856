internal import DriverCore
public import Emulator
public import Kernels
public import Recordings
internal import Sysfs
public import SystemPackage
internal import VFS

extension Computer {
    /// Plays a recording on a freshly booted default machine in this process.
    ///
    /// Time is virtual, unless the recording has requests that wait for each other.
    ///
    /// - Throws: what `Computer.init` and the first look at its control plane throw. On a computer of its own neither fails;
    ///   answers that differ are in the verdict.
    public static func replay(
        _ recording: Recording, release: KernelRelease, deviations: Deviations = .none
    ) throws(Errno) -> Verdict {
        guard recording.exchanges.contains(where: { $0.request.hasPrefix("bg ") }) else {
            let clock = VirtualClock()
            let computer = try Computer(release: release, clock: clock)
            defer { computer.end() }
            let player = try Player(TreeCalls(tree: computer.tree), pace: .virtual { clock.advance(by: $0) })
            return recording.replay(on: player, release: release, deviations: deviations)
        }
        let computer = try Computer(release: release, clock: RealClock())
        defer { computer.end() }
        let player = try Player(TreeCalls(tree: computer.tree), pace: .real)
        return recording.replay(on: player, release: release, deviations: deviations)
    }
}
