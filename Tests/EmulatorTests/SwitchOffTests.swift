import AdjunctProcessor
import DriverCore
import Emulator
import Kernels
import LockOrder
import Machine
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import VFS
import Waiting

/// A machine that is switched off, and delays that are taken back: who waits goes on at once.
@Suite(.bounded) struct SwitchOffTests {
    private static let faults = "\(Host.control)/faults"
    private static let type = "\(Host.matrix)/mdev_supported_types/vfio_ap-passthrough"

    /// A read that is delayed for an hour, on a machine in real time; `end` is called when it waits.
    ///
    /// - Returns: what it answers.
    private func delayed(
        by fault: String, until end: @escaping @Sendable (Computer, Caller) throws -> Void
    ) throws -> String? {
        let computer = try Computer(clock: RealClock())
        defer { computer.end() }
        try computer.files.write("read bus/ap/config_time delay=3600s nth=1 \(fault)", to: "\(Self.faults)")
        let caller = Caller()
        let ender = TestThread("a delay is ended") {
            // the plan is spent from the moment the read waits
            waitUntil("the delay begins") { (try? computer.files.text(of: "\(Self.faults)")) == "" }
            #expect(throws: Never.self) { try end(computer, caller) }
        }
        defer { ender.join() }
        return waiting(for: "a read that is delayed ends") {
            caller.serving {
                do throws(Errno) {
                    return try computer.files.text(of: "bus/ap/config_time")
                } catch {
                    return error.name
                }
            }
        }
    }

    @Test func clearEndsTheDelaysThatHaveBegun() throws {
        let clear = { @Sendable (computer: Computer, _: Caller) in
            try computer.files.write("clear", to: "\(Self.faults)")
        }
        #expect(try delayed(by: "", until: clear) == "30\n")
        #expect(try delayed(by: "errno=EBUSY", until: clear) == "EBUSY")
    }

    @Test func theMachineEndsADelay() throws {
        #expect(try delayed(by: "") { computer, _ in computer.shutDown() } == "30\n")
    }

    @Test func theEndOfTheCallerEndsADelayAndNothingIsDone() throws {
        #expect(try delayed(by: "") { _, caller in caller.end() } == "EINTR")
    }

    /// A write that resets hundreds of queues one after the other sleeps for each of them, but not once it is switched off.
    @Test(arguments: KernelRelease.allCases)
    func nobodySleepsOnAMachineThatIsOff(_ release: KernelRelease) throws {
        let clock = SwitchClock()
        let machine = MachineDescription(
            adapters: [AdapterID(5): Adapter(type: try #require(CardType("CEX8C")))], usageDomains: APMask(Array(0...99)),
            controlDomains: .none)
        let computer = try Computer(machine, release: release, clock: clock)
        defer { computer.dismantle() }
        let files = computer.files
        try files.write("-5", to: "bus/ap/apmask")
        // 6.1 sleeps only where another reset seems to run
        let busy = (0...99).map { "queue 05.\(hex($0)) reset-rc=2" }
        for some in [busy[..<50], busy[50...]] {
            try files.write(some.joined(separator: "\n"), to: "\(Host.control)/machine")
        }
        let enders = Leaf<[TestThread]>("enders", [])
        clock.atSleep.withLock {
            $0 = {
                let ender = TestThread("the machine is switched off") { computer.shutDown() }
                enders.withLock { $0.append(ender) }
                waitUntil("the kernel is halted") { computer.kernel.isHalted }
            }
        }
        let written = waiting(for: "the write ends") { (try? files.write("+5", to: "bus/ap/apmask")) != nil }
        for ender in enders.withLock({ $0 }) { ender.join() }
        #expect(written == true)
        #expect(clock.sleeps.withLock { $0 } == 1)
        #expect(computer.inspect() == [])
    }

    private func hex(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// An ordinary user's `unmount --lazy` asks for this: a remover that waits for a guest that does not care would wait for ever.
    @Test(arguments: KernelRelease.allCases)
    func offEndsGuestsThatDoNotLetGoAndStartsNoMore(_ release: KernelRelease) throws {
        let host = try Host(release: release)
        host.write(Host.uuid, to: "\(Self.type)/create")
        #expect(host.write("start-deaf mary \(Host.uuid)", to: "\(Host.control)/guests") == "ok")
        let files = host.computer.files
        let remover = TestThread("the removal ends") {
            try? files.write("1", to: "\(Host.matrix)/\(Host.uuid)/remove")
        }
        // the file goes before the wait begins
        waitUntil("the removal begins") {
            (try? files.status(of: "\(Host.matrix)/\(Host.uuid)/remove")) == nil
        }
        #expect(host.write("off", to: "\(Host.control)/machine") == "ok")
        remover.join()
        #expect(host.read("\(Host.control)/guests") == "")
        #expect((try? files.status(of: "\(Host.matrix)/\(Host.uuid)")) == nil)
        #expect(host.write("start mary", to: "\(Host.control)/guests") == "ENODEV")
        #expect(host.complaint.hasSuffix("the machine has been switched off"), "\(host.complaint)")
        #expect(host.write("off", to: "\(Host.control)/machine") == "ok")
        #expect(host.computer.inspect() == [])
    }
}

/// Virtual time that counts its sleeps, and in which something is done at each.
private final class SwitchClock: KernelClock {
    private let time = VirtualClock()
    let sleeps = Leaf("sleeps", 0)
    let atSleep = Leaf<(@Sendable () -> Void)?>("at sleep", nil)

    var now: Duration { time.now }
    var wallTime: Timestamp { time.wallTime }

    func sleep(_ duration: Duration) {
        time.sleep(duration)
        sleeps.withLock { $0 += 1 }
        atSleep.withLock { $0 }?()
    }

    func wait<State, Result>(on leaf: Leaf<State>, until condition: (inout State) -> Result?) -> Result {
        time.wait(on: leaf, until: condition)
    }

    func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> any ScheduledWork {
        time.schedule(after: delay, work)
    }
}
