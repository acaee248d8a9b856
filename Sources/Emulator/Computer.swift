internal import AdjunctProcessor
public import APBus
public import DriverCore
public import Kernels
internal import LockOrder
public import Machine
internal import Mdev
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
    /// The AP bus of the host.
    public let bus: APBus
    let mdevCore: MdevCore
    let vfio: VFIOCore
    /// The modules whose symbols vfio_ap uses.
    let vfioUses: [Module]
    let builtIn: [Module]
    private let cardDriver: CEX4CardDriver
    private let queueDriver: CEX4QueueDriver
    /// The module vfio_ap while it is loaded.
    let vfioAP = Leaf<VFIOAPModule?>("vfio_ap", nil)
    /// The guests that run, in the order in which they were started.
    let guests = Leaf<[VirtualMachineMonitor]>("guests", [])
    /// The faults that are still to come.
    let faults = Leaf("faults", FaultPlan())
    private let isDismantled = Leaf("dismantled", false)
    /// Loading and unloading take turns.
    private let loading = Turns("module loading")

    /// Its /sys.
    public var tree: Tree { kernel.tree }
    /// The major numbers of the character devices that come and go.
    public var characterMajors: [Int] { VFIOCore.majors + [ZcryptClass.major] }

    /// Boots: when this returns the bus has been scanned once, the drivers have their devices, and vfio_ap is loaded.
    ///
    /// - Throws: `ENODEV`, `ENOENT` or `EEXIST` where something cannot be made in the tree. At boot, nothing else works on the
    ///   tree, so everything can.
    public init(
        _ description: MachineDescription = .default, release: KernelRelease = .v7_2, clock: any KernelClock
    ) throws(Errno) {
        machine = Machine(description)
        kernel = Kernel(release: release, clock: clock)
        bus = try APBus(kernel: kernel, hardware: machine)
        mdevCore = try MdevCore(kernel: kernel)
        vfio = try VFIOCore(kernel: kernel)
        let cex4 = try Module(loading: "zcrypt_cex4", kernel: kernel)
        let zcrypt = try Module(loading: "zcrypt", kernel: kernel)
        cex4.hold(zcrypt)
        vfioUses = [
            try Module(loading: "mdev", version: "0.1", kernel: kernel), try Module(loading: "vfio", kernel: kernel),
            try Module(loading: "kvm", kernel: kernel),
        ]
        builtIn = [try Module(builtIn: "ap", kernel: kernel), cex4, zcrypt]
        cardDriver = CEX4CardDriver(bus: bus, module: cex4)
        queueDriver = CEX4QueueDriver(bus: bus, module: cex4)
        try addParameters()
        try ZcryptClass.make(bus: bus)
        withNoLocksHeld { held in
            bus.register(cardDriver, after: held)
            bus.register(queueDriver, after: held)
            bus.start(after: held)
        }
        try withNoLocksHeld { (held) throws(Errno) in try loadVFIOAP(after: held) }
        try ControlPlane.make(self)
    }

    /// Switches the machine off: stops what the kernel does by itself, and ends what anybody waits for: resets, delays of faults,
    /// guests that do not let go. Nobody sleeps from now on, and no guest starts. May be called again.
    public func shutDown() {
        bus.stop()
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
        withNoLocksHeld { held in try? unloadVFIOAP(after: held) }
        tree.root.remove()
    }

    /// `shutDown` and `dismantle`, for a computer that nothing else in this process uses.
    public func end() {
        shutDown()
        dismantle()
    }

    // MARK: - vfio_ap

    /// Loads vfio_ap; nothing happens where it is loaded.
    ///
    /// - Throws: `ENODEV` where the computer is being taken apart; what `VFIOAPModule.init` throws.
    func loadVFIOAP(after held: borrowing Held<Unlocked>) throws(Errno) {
        try loading.withTurn { _ throws(Errno) in
            // what was loaded before is unloaded by `dismantle`; behind that nothing is loaded into a tree that goes
            guard !isDismantled.withLock({ $0 }) else { throw .ENODEV }
            guard vfioAP.withLock({ $0 == nil }) else { return }
            let loaded = try VFIOAPModule(bus: bus, mdevCore: mdevCore, vfio: vfio, using: vfioUses, after: held)
            vfioAP.withLock { $0 = loaded }
        }
    }

    /// Unloads vfio_ap, with all mediated devices.
    ///
    /// - Throws: `EAGAIN` while a guest uses it, `ENOENT` where it is not loaded.
    func unloadVFIOAP(after held: borrowing Held<Unlocked>) throws(Errno) {
        try loading.withTurn { _ throws(Errno) in
            guard let loaded = vfioAP.withLock({ $0 }) else { throw .ENOENT }
            try loaded.unload(after: held)
            vfioAP.withLock { $0 = nil }
        }
    }

    // MARK: - Parameters

    /// /sys/module/ap/parameters and its like
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart.
    private func addParameters() throws(Errno) {
        let rootsOnly = Permissions(rawValue: 0o440)
        let mode = kernel.release.has(.everybodyReadsParameters) ? Permissions.readOnly : rootsOnly
        let private400 = Permissions(rawValue: 0o400)
        let notGiven = "Linux is booted without parameters"
        let rows: [Attribute<Computer>] = [
            .parameter("domain", mode) { "\($0.bus.defaultDomain)\n" },
            .parameter("poll_thread", mode) { _ in "0\n" }.fixed(notGiven),
            .parameter("apmask", mode) { _ in "(null)\n" }.fixed(notGiven),
            .parameter("aqmask", mode) { _ in "(null)\n" }.fixed(notGiven),
            .parameter("useirq", mode) { _ in "1\n" }.fixed(notGiven),
            .parameter("msgpool_min_items", private400, since: .v7_2) { _ in "8\n" }.fixed(notGiven),
        ]
        let table = AttributeTable(rows, release: kernel.release)
        try kernel.directory("module", "ap", "parameters").addAttributes(table, of: self)
        var zcryptRows: [Attribute<Computer>] = [
            .parameter("mempool_threshold", private400, since: .v7_2) { _ in "5\n" }.fixed(notGiven)
        ]
        if kernel.release.has(.seedsRandomNumbers) {
            zcryptRows.append(.parameter("hwrng_seed", rootsOnly) { _ in "1\n" }.fixed(notGiven))
        }
        let zcryptTable = AttributeTable(zcryptRows, release: kernel.release)
        if !zcryptTable.rows.isEmpty {
            try kernel.directory("module", "zcrypt", "parameters").addAttributes(zcryptTable, of: self)
        }
    }
}

extension Attribute {
    fileprivate static func parameter(
        _ name: String, _ mode: Permissions, since release: KernelRelease = .v6_1, _ text: @escaping @Sendable (Object) -> String
    ) -> Attribute {
        Attribute(name, mode, since: release) { object, page, _ in page.emit(text(object)) }
    }
}
