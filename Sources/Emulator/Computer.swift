internal import AdjunctProcessor
public import APBus
public import DriverCore
public import Kernels
internal import LockOrder
internal import Mdev
public import Machine
public import Sysfs
internal import SystemAdditions
public import SystemPackage
internal import VFIOAP

/// An IBM Z with Linux on it: a machine, a kernel that has booted on it, and the drivers in it.
public final class Computer: Sendable {
    /// The hardware; change it with `Machine.execute`, and the next scan notices.
    public let machine: Machine
    /// The Linux: its tree, uevents, log, clock and release.
    public let kernel: Kernel
    /// The AP bus of the host; nil where the machine has no AP instructions.
    public let bus: APBus?
    /// apmask and aqmask, and the lock of zcrypt's nodes.
    let masks = LockedMasks()
    /// What Linux was booted with.
    public let boot: MachineDescription.Boot
    let parameters: APBus.Parameters
    private let ap: Module
    /// What is loaded, in the order in which it was.
    let modules = Leaf<LoadedModules>("modules", [])
    /// The module vfio_ap while it is loaded.
    let vfioAP = Leaf<VFIOAPModule?>("vfio_ap", nil)
    /// The guests that run, in the order in which they were started.
    let guests = Leaf<[VirtualMachineMonitor]>("guests", [])
    /// The faults that are still to come.
    let faults = Leaf("faults", FaultPlan())
    let isDismantled = Leaf("dismantled", false)
    /// Loading and unloading take turns.
    let loading = Turns("module loading")

    /// Its /sys.
    public var tree: Tree { kernel.tree }
    /// The major numbers of the character devices that come and go.
    public var characterMajors: [Int] { VFIOCore.majors + [ZcryptClass.major] }

    /// Boots: when this returns the bus has been scanned once, the modules are loaded that the description names, and the drivers in
    /// them have their devices. Linux has done things in this order.
    ///
    /// - Throws: `ENODEV`, `ENOENT` or `EEXIST` where something cannot be made in the tree. At boot, nothing else works on the
    ///   tree, so everything can.
    public init(
        _ description: MachineDescription = .default, release: KernelRelease = .v7_2, clock: any KernelClock
    ) throws(Errno) {
        machine = Machine(description)
        kernel = Kernel(release: release, clock: clock)
        boot = description.boot
        parameters = KernelCommandLine(boot.commandLine).busParameters(
            log: kernel.log, hasPools: release.has(.poolsMessages))
        if description.apInstructions {
            let hardware: any APInstructions = parameters.useInterrupts == 0 ? WithoutInterrupts(machine) : machine
            bus = try APBus(kernel: kernel, hardware: hardware, masks: masks)
        } else {
            bus = nil
            kernel.log.print("ap: The hardware system does not support AP instructions")
        }
        ap = try Module(builtIn: "ap", kernel: kernel)
        // whether or not anything is in them
        for name in ["bus", "devices"] { _ = try kernel.directory(name) }
        _ = try kernel.directory("kernel", "iommu_groups")
        try addParameters()
        try withNoLocksHeld { (held) throws(Errno) in
            bus?.take(parameters, after: held)
            bus?.start(after: held)
            try loadAtBoot(after: held)
        }
        bus?.comeToRest()
        try ControlPlane.make(self)
    }

    /// Switches the machine off: stops what the kernel does by itself, and ends what anybody waits for: resets, delays of faults,
    /// guests that do not let go. Nobody sleeps from now on, and no guest starts. May be called again.
    public func shutDown() {
        bus?.stop()
        // a reset is repeated as long as it is answered with a code such as 02
        machine.updateFaults { $0 = .init(absent: $0.absent, chkstop: $0.chkstop) }
        // before the guests: each of them waits for whoever sleeps with the locks that it needs
        kernel.halt()
        let running = guests.withLock { guests in
            defer { guests = [] }
            return guests
        }
        for guest in running {
            withNoLocksHeld { held in guest.close(after: held) }
        }
    }

    /// Takes the computer apart after `shutDown`, when nobody works on its tree any more. Files, devices and drivers hold each
    /// other: a computer that is not taken apart stays in memory.
    ///
    /// A write that is still under way ends with its errno: `ENODEV` where it wanted to make something.
    public func dismantle() {
        isDismantled.withLock { $0 = true }
        // not loaded is as good
        withNoLocksHeld { held in try? unload(.vfioAP, after: held) }
        tree.root.remove()
    }

    /// `shutDown` and `dismantle`, for a computer that nothing else in this process uses.
    public func end() {
        shutDown()
        dismantle()
    }

    // MARK: - Parameters

    /// /sys/module/ap/parameters: what Linux was booted with, but for the default domain, which is the one of now.
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart.
    private func addParameters() throws(Errno) {
        let mode = kernel.release.has(.everybodyReadsParameters) ? Permissions.readOnly : Permissions(rawValue: 0o440)
        let private400 = Permissions(rawValue: 0o400)
        let rows: [Attribute<Computer>] = [
            .parameter("domain", mode) { "\($0.bus?.defaultDomain ?? $0.parameters.domain)\n" },
            .parameter("poll_thread", mode) { "\($0.parameters.pollThread)\n" },
            .parameter("apmask", mode) { "\($0.parameters.adapters ?? "(null)")\n" },
            .parameter("aqmask", mode) { "\($0.parameters.domains ?? "(null)")\n" },
            .parameter("useirq", mode) { "\($0.parameters.useInterrupts)\n" },
            .parameter("msgpool_min_items", private400, since: .v7_2) { "\($0.parameters.leastPooledMessages)\n" },
        ]
        let table = AttributeTable(rows, release: kernel.release)
        try kernel.directory("module", "ap", "parameters").addAttributes(table, of: self)
    }

    // MARK: - Changes of the machine

    /// Changes the machine as a line of the control plane says. Where Linux is told of changes of the configuration, it has scanned the
    /// bus when this returns.
    ///
    /// Locks: the bus's scan, if there is one.
    ///
    /// - Returns: as `Machine.execute`.
    /// - Throws: as `Machine.execute`.
    func execute(_ command: String, after held: borrowing Held<Unlocked>) throws(MachineCommandError) -> String? {
        let old = machine.description
        let remark = try machine.execute(command)
        let new = machine.description
        if new.notification, !old.isConfiguredAs(new), !kernel.isHalted { bus?.forceScan(after: held) }
        return remark
    }
}

extension MachineDescription {
    /// Whether the machine has the same adapters, configured or not, and the same domains: what the hypervisor tells of.
    fileprivate func isConfiguredAs(_ other: MachineDescription) -> Bool {
        usageDomains == other.usageDomains && controlDomains == other.controlDomains
            && adapters.mapValues(\.config) == other.adapters.mapValues(\.config)
    }
}

extension Attribute {
    fileprivate static func parameter(
        _ name: String, _ mode: Permissions, since release: KernelRelease = .v6_1, _ text: @escaping @Sendable (Object) -> String
    ) -> Attribute {
        Attribute(name, mode, since: release) { object, page, _ in page.emit(text(object)) }
    }
}
