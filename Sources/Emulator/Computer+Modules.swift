internal import DriverCore
internal import Kernels
internal import LockOrder
internal import Machine
internal import Mdev
internal import SystemAdditions
internal import SystemPackage
internal import VFIOAP

/// A module that can be loaded, by its name.
enum ModuleName: String, CaseIterable {
    // each stands behind those that it needs; this is the order of a boot
    case zcrypt
    case zcryptCex4 = "zcrypt_cex4"
    case iommufd, vfio
    case vfioIOMMU = "vfio_iommu_type1"
    case kvm, mdev
    case vfioAP = "vfio_ap"

    /// The modules that it needs.
    func needs(_ release: KernelRelease) -> [ModuleName] {
        switch self {
        case .zcrypt, .iommufd, .kvm, .mdev: []
        case .zcryptCex4: [.zcrypt]
        case .vfio: release.has(.vfioDevicesHaveNodes) ? [.iommufd] : []
        case .vfioIOMMU: [.vfio]
        case .vfioAP: [.mdev, .vfio, .kvm]
        }
    }

    /// Whether it has drivers for the AP bus.
    var drivesAP: Bool { self == .zcryptCex4 || self == .vfioAP }

    /// It takes no parameters. Of the others, zcrypt's are read; what is said of kvm and the like is nothing here.
    var hasNoParameters: Bool { [.zcryptCex4, .mdev, .vfio, .vfioAP].contains(self) }

    /// Whether this Linux has it.
    func exists(in release: KernelRelease) -> Bool {
        self != .iommufd || release.has(.vfioDevicesHaveNodes)
    }
}

// Loading and unloading take turns, for as long as it takes.
extension Computer {
    /// What is loaded, in the order in which it was.
    typealias LoadedModules = [(name: ModuleName, loaded: any LoadedModule)]

    /// What is loaded of that name; nil where it is not.
    func loaded(_ name: ModuleName) -> (any LoadedModule)? {
        modules.withLock { $0 }.first { $0.name == name }?.loaded
    }

    /// What is loaded at boot, and those that it needs: what the description names; else all that this machine has a use for.
    var modulesAtBoot: [ModuleName] {
        ModuleName.allCases.filter { name in
            name.exists(in: kernel.release) && boot.modules?.contains(name.rawValue) ?? (bus != nil || !name.drivesAP)
        }
    }

    /// Loads what is loaded at boot. A module is passed over that finds no AP bus, or refuses what the command line says of it, with
    /// those that need it.
    ///
    /// - Throws: as `load`; at boot, nothing.
    func loadAtBoot(after held: borrowing Held<Unlocked>) throws(Errno) {
        var refused: Set<ModuleName> = []
        for name in modulesAtBoot where refused.isDisjoint(with: name.needs(kernel.release)) {
            do throws(Errno) {
                try load(name, after: held)
            } catch {
                guard error == .EINVAL || bus == nil else { throw error }
                refused.insert(name)
            }
        }
    }

    /// Loads a module, and before it those that it needs, as `modprobe` does; nothing happens where it is loaded.
    ///
    /// - Throws: `ENOENT` where this release does not have it; `EINVAL` where it refuses what the command line of the boot says of it;
    ///   `EINVAL` (zcrypt_cex4) and `ENODEV` (vfio_ap) where there is no AP bus, with what they need loaded; `ENODEV` where the
    ///   computer is being taken apart; what the module throws that makes its part of the tree.
    func load(_ name: ModuleName, after held: borrowing Held<Unlocked>) throws(Errno) {
        guard name.exists(in: kernel.release) else { throw .ENOENT }
        try loading.withTurn { _ throws(Errno) in try loadInTurn(name, after: held) }
    }

    private func loadInTurn(_ name: ModuleName, after held: borrowing Held<Unlocked>) throws(Errno) {
        // what was loaded before is unloaded by `dismantle`; behind that nothing is loaded into a tree that goes
        guard !isDismantled.withLock({ $0 }) else { throw .ENODEV }
        guard loaded(name) == nil else { return }
        let needs = name.needs(kernel.release)
        for other in needs { try loadInTurn(other, after: held) }
        let made = try make(name, using: needs.compactMap { loaded($0)?.module }, after: held)
        modules.withLock { $0.append((name, made)) }
        if let module = made as? VFIOAPModule { vfioAP.withLock { $0 = module } }
    }

    private func make(
        _ name: ModuleName, using used: [Module], after held: borrowing Held<Unlocked>
    ) throws(Errno) -> any LoadedModule {
        let words = KernelCommandLine(boot.commandLine).words(of: name)
        if name.hasNoParameters {
            let reader = ParameterReader(of: name.rawValue, log: kernel.log)
            for word in words { reader.ignore(word.name) }
        }
        switch name {
        case .zcrypt: return try ZcryptModule(kernel, lock: masks, ZcryptParameters(words, kernel.release, kernel.log))
        case .zcryptCex4:
            guard let bus else {
                kernel.log.print(
                    "Driver 'cex4card' was unable to register with bus_type 'ap' because the bus was not initialized.")
                throw .EINVAL
            }
            return try CEX4Module(bus: bus, using: used, after: held)
        case .vfio: return try VFIOModule(using: used, kernel: kernel)
        case .mdev: return try MdevModule(kernel: kernel)
        case .iommufd, .vfioIOMMU, .kvm: return try PlainModule(name, using: used, kernel: kernel)
        case .vfioAP:
            guard let bus else { throw .ENODEV }
            guard let mdev = loaded(.mdev) as? MdevModule, let vfio = loaded(.vfio) as? VFIOModule else { throw .ENOENT }
            return try VFIOAPModule(bus: bus, mdevCore: mdev.core, vfio: vfio.core, using: used, after: held)
        }
    }

    /// Unloads a module, and nothing else, as `rmmod` does.
    ///
    /// - Throws: `EAGAIN` while another module or a guest uses it, `ENOENT` where it is not loaded.
    ///
    /// Kernel: kernel/module/main.c, delete_module.
    func unload(_ name: ModuleName, after held: borrowing Held<Unlocked>) throws(Errno) {
        try loading.withTurn { _ throws(Errno) in
            guard let loaded = loaded(name) else { throw .ENOENT }
            guard holders(of: name).isEmpty else { throw .EAGAIN }
            try loaded.unload(after: held)
            if name == .vfioAP { vfioAP.withLock { $0 = nil } }
            modules.withLock { modules in modules.removeAll { $0.name == name } }
        }
    }

    /// The loaded modules that need this one.
    func holders(of name: ModuleName) -> [ModuleName] {
        modules.withLock { $0 }.map(\.name).filter { $0.needs(kernel.release).contains(name) }
    }
}
