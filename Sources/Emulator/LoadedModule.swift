internal import APBus
internal import DriverCore
internal import LockOrder
internal import Mdev
internal import SystemAdditions
internal import SystemPackage
internal import VFIOAP

/// What a module of Linux has made, while it is loaded.
protocol LoadedModule: Sendable {
    /// /sys/module/NAME
    var module: Module { get }
    /// Takes away what the module has made, its directory last.
    ///
    /// - Throws: `EAGAIN` while somebody uses it; nothing is changed then.
    func unload(after held: borrowing Held<Unlocked>) throws(Errno)
}

extension VFIOAPModule: LoadedModule {}

/// A module of which only its directory is seen, and perhaps a misc device: iommufd, vfio_iommu_type1, kvm.
final class PlainModule: LoadedModule {
    let module: Module
    private let used: [Module]
    private let device: MiscDevice?

    init(_ name: ModuleName, using used: [Module], kernel: Kernel) throws(Errno) {
        self.used = used
        module = try Module(loading: name.rawValue, kernel: kernel)
        for other in used { module.hold(other) }
        switch name {
        case .iommufd: device = try MiscDevice("iommu", minor: 125, node: "iommu", mode: "0660", kernel: kernel)
        case .kvm:
            try KVMParameters.add(to: module, kernel)
            device = try MiscDevice("kvm", minor: 232, node: "kvm", kernel: kernel)
        default: device = nil
        }
        module.announce()
    }

    func unload(after held: borrowing Held<Unlocked>) throws(Errno) {
        try module.beginUnload()
        device?.remove()
        for other in used { module.release(other) }
        module.unload()
    }
}

/// zcrypt: the class of device nodes, and z90crypt.
final class ZcryptModule: LoadedModule {
    let module: Module
    private let nodes: ZcryptClass

    /// - Parameter lock: that of the bus's masks.
    init(_ kernel: Kernel, lock: LockedMasks, _ parameters: ZcryptParameters) throws(Errno) {
        module = try Module(loading: "zcrypt", kernel: kernel)
        try parameters.add(to: module, kernel)
        nodes = try ZcryptClass.make(kernel, lock: lock)
        module.announce()
    }

    func unload(after held: borrowing Held<Unlocked>) throws(Errno) {
        try module.beginUnload()
        nodes.remove()
        module.unload()
    }
}

/// zcrypt_cex4: the host's drivers of cards and queues.
final class CEX4Module: LoadedModule {
    let module: Module
    private let bus: APBus
    private let zcrypt: [Module]
    private let cards: CEX4CardDriver
    private let queues: CEX4QueueDriver

    init(bus: APBus, using zcrypt: [Module], after held: borrowing Held<Unlocked>) throws(Errno) {
        self.bus = bus
        self.zcrypt = zcrypt
        module = try Module(loading: "zcrypt_cex4", kernel: bus.kernel)
        for other in zcrypt { module.hold(other) }
        cards = CEX4CardDriver(bus: bus, module: module)
        queues = CEX4QueueDriver(bus: bus, module: module)
        bus.register(cards, after: held)
        bus.register(queues, after: held)
        module.announce()
    }

    func unload(after held: borrowing Held<Unlocked>) throws(Errno) {
        try module.beginUnload()
        bus.unregister(queues, after: held)
        bus.unregister(cards, after: held)
        for other in zcrypt { module.release(other) }
        module.unload()
    }
}

/// vfio: the numbers of groups and devices, and its classes.
final class VFIOModule: LoadedModule {
    let module: Module
    let core: VFIOCore
    private let container: MiscDevice
    private let used: [Module]

    init(using used: [Module], kernel: Kernel) throws(Errno) {
        self.used = used
        module = try Module(loading: "vfio", kernel: kernel)
        for other in used { module.hold(other) }
        container = try MiscDevice("vfio", minor: 196, node: "vfio/vfio", mode: "0666", kernel: kernel)
        core = try VFIOCore(kernel: kernel)
        module.announce()
    }

    func unload(after held: borrowing Held<Unlocked>) throws(Errno) {
        try module.beginUnload()
        core.remove()
        container.remove()
        for other in used { module.release(other) }
        module.unload()
    }
}

/// mdev: the bus of mediated devices.
final class MdevModule: LoadedModule {
    let module: Module
    let core: MdevCore

    init(kernel: Kernel) throws(Errno) {
        module = try Module(loading: "mdev", kernel: kernel)
        core = try MdevCore(kernel: kernel)
        module.announce()
    }

    func unload(after held: borrowing Held<Unlocked>) throws(Errno) {
        try module.beginUnload()
        core.remove()
        module.unload()
    }
}
