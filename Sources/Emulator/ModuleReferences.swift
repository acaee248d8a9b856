internal import DriverCore
internal import Kernels
internal import SystemAdditions
internal import SystemPackage

/// References to modules that stand for open nodes and files, for as long as they are open.
final class ModuleReferences: Sendable {
    /// Modules by their names, and how many references to each.
    typealias Counts = [(name: ModuleName, count: Int)]

    private let taken: [(module: Module, count: Int)]

    /// Takes them, or none.
    ///
    /// - Throws: `ENOENT` where one of the modules is not loaded, `ENODEV` where it is being unloaded.
    init(_ counts: Counts, _ computer: Computer) throws(ControlError) {
        var taken: [(module: Module, count: Int)] = []
        do throws(ControlError) {
            for (name, count) in counts { taken.append((try Self.take(count, of: name, computer), count)) }
        } catch {
            for (module, count) in taken { module.put(count) }
            throw error
        }
        self.taken = taken
    }

    private static func take(_ count: Int, of name: ModuleName, _ computer: Computer) throws(ControlError) -> Module {
        guard let module = computer.loaded(name)?.module else {
            throw ControlError(.ENOENT, "\(name.rawValue) is not loaded")
        }
        do throws(Errno) {
            try module.get(count)
        } catch {
            throw ControlError(error, "\(name.rawValue) is being unloaded")
        }
        return module
    }

    /// Gives them back; once.
    func give() {
        for (module, count) in taken { module.put(count) }
    }
}

// Recorded for groups: docs/kernel/mediated-devices.md, "The module". A character device is opened with two references, any other
// node or file with one.
extension VirtualMachineMonitor.Kind {
    /// What it has open from its start to its end: of kvm three files and a virtual machine, of which 6.1 counts two, and that in
    /// which the devices share their memory.
    func nodes(_ release: KernelRelease) -> ModuleReferences.Counts {
        [(.kvm, release.has(.guestsHoldKVMFourTimes) ? 4 : 2), (self == .characterDevice ? .iommufd : .vfio, 1)]
    }

    /// What each device adds while it is open: its own node, or that of its group and the file that the group gives.
    ///
    /// - Parameter isMapped: vfio_iommu_type1 is there to map the guest's memory for a group.
    func deviceNodes(isMapped: Bool) -> ModuleReferences.Counts {
        if self == .characterDevice { return [(.vfioAP, 1), (.vfio, 2)] }
        return [(.vfioAP, 1), (.vfio, 3)] + (isMapped ? [(.vfioIOMMU, 1)] : [])
    }
}
