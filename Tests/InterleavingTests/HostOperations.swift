import APBus
import AdjunctProcessor
import DriverCore
@testable import Emulator
import Interleavings
import KVM
import Kernels
import LockOrder
import Mdev
import Sysfs
import SystemPackage
import Testing
import VFIOAP

/// What is done to a small host: the rows of docs/kernel/locking.md, "Who takes what", most of them as a system call.
/// (Without what only a virtual machine monitor could cause: unmapping DMA, asking for interrupts.)
enum HostOperation: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case assignAdapter, unassignAdapter, assignDomain, assignTheOthersDomain, unassignDomain
    case assignControlDomain, unassignControlDomain, configure, configureTheOther
    case readMatrix, readGuestMatrix, readControlDomains, readConfig, readStatus, readMask
    case create, remove, removeTheOther, unbindDevice, unload
    case start, startTheOther, startBoth, stop, stopTheOther, pqap, reset, request
    case bindQueue, unbindQueue, reserveAdapter, reserveTheOthersAdapter, storeDomainMask
    case loseAdapter, gainAdapter, loseDomain, loseControlDomain, askCard

    var testDescription: String { rawValue }

    var operation: Explorer<SmallHost>.Operation {
        Explorer.Operation(rawValue) { host in perform(host) }
    }

    /// What it is, in words.
    var words: String {
        rawValue.map { $0.isUppercase ? " \($0.lowercased())" : "\($0)" }.joined()
    }

    /// - Returns: `ok`, what was read, or the name of the error.
    func perform(_ host: SmallHost) -> String {
        let (a, b) = (SmallHost.a, SmallHost.b)
        switch self {
        case .assignAdapter: return host.write(SmallHost.file(a, "assign_adapter"), "2")
        case .unassignAdapter: return host.write(SmallHost.file(a, "unassign_adapter"), "1")
        case .assignDomain: return host.write(SmallHost.file(a, "assign_domain"), "2")
        case .assignTheOthersDomain: return host.write(SmallHost.file(b, "assign_domain"), "1")
        case .unassignDomain: return host.write(SmallHost.file(a, "unassign_domain"), "1")
        case .assignControlDomain: return host.write(SmallHost.file(a, "assign_control_domain"), "1")
        case .unassignControlDomain: return host.write(SmallHost.file(a, "unassign_control_domain"), "2")
        // adapters 1 and 2, domain 1; adapter 2, both domains
        case .configure: return host.write(SmallHost.file(a, "ap_config"), "0x6,0x4,0x4")
        case .configureTheOther: return host.write(SmallHost.file(b, "ap_config"), "0x2,0x6,0x2")

        case .readMatrix: return host.read(SmallHost.file(a, "matrix"))
        case .readGuestMatrix: return host.read(SmallHost.file(a, "guest_matrix"))
        case .readControlDomains: return host.read(SmallHost.file(a, "control_domains"))
        case .readConfig: return host.read(SmallHost.file(a, "ap_config"))
        case .readStatus: return host.read("devices/ap/card01/01.0001/status")
        case .readMask: return host.read("bus/ap/apmask")

        case .create: return host.write("\(SmallHost.type)/create", SmallHost.c)
        case .remove: return host.write(SmallHost.file(a, "remove"), "1")
        case .removeTheOther: return host.write(SmallHost.file(b, "remove"), "1")
        case .unbindDevice: return host.write("bus/mdev/drivers/vfio_ap_mdev/unbind", a)
        case .unload: return host.write("kernel/debug/apmatrix/modules", "unload vfio_ap")

        case .start: return host.write(SmallHost.guests, "start two \(b)")
        case .startTheOther: return host.write(SmallHost.guests, "start three \(a)")
        case .startBoth: return host.write(SmallHost.guests, "start four \(b) \(a)")
        case .stop: return host.write(SmallHost.guests, "stop one")
        case .stopTheOther: return host.write(SmallHost.guests, "stop two")
        case .pqap: return host.write(SmallHost.guests, "pqap one 01.0001 on")
        case .reset: return host.write(SmallHost.guests, "reset one")
        case .request: return request(host)

        case .bindQueue: return host.write("bus/ap/drivers/vfio_ap/bind", "02.0001")
        case .unbindQueue: return host.write("bus/ap/drivers/vfio_ap/unbind", "01.0001")
        case .reserveAdapter: return host.write("bus/ap/apmask", "+1")
        case .reserveTheOthersAdapter: return host.write("bus/ap/apmask", "+2")
        case .storeDomainMask: return host.write("bus/ap/aqmask", "-1")

        case .loseAdapter: return scan(host, "adapter 01 unplug")
        case .gainAdapter: return scan(host, "adapter 03 type=CEX8C")
        case .loseDomain: return scan(host, "domain 01 none")
        case .loseControlDomain: return scan(host, "domain 02 usage")
        // all its queues are vfio_ap's, so it scans
        case .askCard: return host.read("devices/ap/card01/serialnr")
        }
    }

    /// The hardware changes, and the bus is told to look.
    private func scan(_ host: SmallHost, _ change: String) -> String {
        _ = host.write(SmallHost.machine, change)
        return host.write("bus/ap/scans", "1")
    }

    /// Device A is asked for, as by somebody who removes it.
    private func request(_ host: SmallHost) -> String {
        guard let uuid = MdevUUID(SmallHost.a), let mdev = host.computer.vfioAP.withLock({ $0 })?.mdev(uuid) else {
            return "no device"
        }
        withNoLocksHeld { held in mdev.request(0, after: held) }
        return "ok"
    }

    // MARK: - Exploring

    /// Directories and what is on the bus are looked at all the time: who does it first makes a difference, but threads change
    /// before only where they take a ranked lock or a leaf that is not named here.
    static let granularity = Granularity(
        quiet: names(
            Tree.lockName, APQueue.lockName, APCard.lockName, APCard.zcryptLockName, APBus.answersLockName, APBus.devicesLockName,
            APBus.lockName, APBus.driversLockName, CEX4QueueDriver.lockName, Bus<APDevice>.lockName, MaskRegister.lockName,
            MatrixMdev.configLockName),
        ignored: names(
            UeventLedger.lockName, KernelLog.lockName, NumberPool.lockName, OpenFile.lockName, MdevParent.instancesLockName,
            Kernel.announcementLockName))

    private static func names(_ names: StaticString...) -> Set<String> { Set(names.map(\.description)) }

    /// - Parameter before: what has been done to the host before the run.
    static func explorer(release: KernelRelease = .v7_2, before: [HostOperation] = []) -> Explorer<SmallHost> {
        Explorer(
            granularity: granularity,
            make: { run in
                let host = try SmallHost(clock: RunClock(run), release: release)
                for operation in before { _ = operation.perform(host) }
                return host
            }, check: { host, _ in host.finish() })
    }
}
