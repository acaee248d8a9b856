import Kernels
import Testing

/// What guests add to the `refcnt` of modules: docs/kernel/mediated-devices.md, "The module".
@Suite struct ModuleReferenceTests {
    private static let create = "\(Host.matrix)/mdev_supported_types/vfio_ap-passthrough/create"
    /// As boot.md, section 6, of the specification has them in a row.
    private static let modules = ["vfio", "vfio_iommu_type1", "iommufd", "kvm", "vfio_ap"]

    private func host(_ release: KernelRelease) throws -> Host {
        let host = try Host(release: release)
        #expect(host.write(Host.uuid, to: Self.create) == "ok")
        return host
    }

    private func command(_ text: String, _ host: Host) -> String { host.write(text, to: "\(Host.control)/guests") }

    /// How many references more there are than before.
    private func added(to before: [String] = [], _ host: Host) -> [Int] {
        zip(counts(host), before).map { now, before in (Int(now) ?? 0) - (Int(before) ?? 0) }
    }

    private func counts(_ host: Host) -> [String] {
        Self.modules.map { String(host.read("module/\($0)/refcnt").dropLast()) }
    }

    @Test(arguments: [
        (KernelRelease.v7_2, "start", [4, 1, 0, 4, 1]), (.v7_2, "start-deaf", [4, 1, 0, 4, 1]),
        (.v7_2, "start-silent", [4, 1, 0, 4, 1]), (.v7_2, "start-cdev", [2, 0, 1, 4, 1]), (.v6_12, "start", [4, 1, 0, 4, 1]),
        (.v6_12, "start-cdev", [2, 0, 1, 4, 1]), (.v6_1, "start", [4, 1, 0, 2, 1]),
    ])
    func aGuestHoldsTheModulesWhoseNodesItHasOpen(_ release: KernelRelease, _ kind: String, _ more: [Int]) throws {
        let host = try host(release)
        let before = counts(host)
        for end in ["stop", "kill"] {
            #expect(command("\(kind) mary \(Host.uuid)", host) == "ok")
            #expect(added(to: before, host) == more)
            #expect(command("\(end) mary", host) == "ok")
            #expect(counts(host) == before)
        }
    }

    @Test(arguments: [("start", [1, 0, 0, 4, 0]), ("start-cdev", [0, 0, 1, 4, 0])])
    func aGuestThatHasLetGoOfItsDeviceHoldsWhatAGuestWithoutOneDoes(_ kind: String, _ more: [Int]) throws {
        let host = try host(.v7_2)
        let before = counts(host)
        #expect(command("\(kind) paul", host) == "ok")
        #expect(added(to: before, host) == more)
        #expect(command("stop paul", host) == "ok")

        #expect(command("\(kind) mary \(Host.uuid)", host) == "ok")
        #expect(host.write("1", to: "\(Host.matrix)/\(Host.uuid)/remove") == "ok")
        // vfio has one less without any device
        #expect(added(to: before, host) == [more[0] - 1] + more[1...])
        #expect(command("stop mary", host) == "ok")
    }

    @Test(arguments: ["start", "start-cdev"]) func aGuestThatCannotBeStartedHoldsNothing(_ kind: String) throws {
        let host = try host(.v7_2)
        let before = counts(host)
        #expect(command("\(kind) mary \(Host.uuid.dropLast())0", host) == "ENOENT")
        #expect(command("start holder \(Host.uuid)", host) == "ok")
        #expect(command("\(kind) mary \(Host.uuid)", host) == (kind == "start" ? "EBUSY" : "EINVAL"))
        #expect(command("\(kind) holder", host) == "EEXIST")
        #expect(command("stop holder", host) == "ok")
        #expect(counts(host) == before)
    }

    @Test func whatAGuestHasOpenIsNotUnloaded() throws {
        let host = try host(.v7_2)
        let modules = "\(Host.control)/modules"
        #expect(command("start-cdev mary \(Host.uuid)", host) == "ok")
        #expect(host.write("unload vfio_iommu_type1", to: modules) == "ok")
        #expect(host.write("load vfio_iommu_type1", to: modules) == "ok")
        #expect(command("stop mary", host) == "ok")
        #expect(command("start mary \(Host.uuid)", host) == "ok")
        #expect(host.write("unload vfio_iommu_type1", to: modules) == "EAGAIN")
        #expect(host.write("unload vfio_ap", to: modules) == "EAGAIN")
        #expect(command("stop mary", host) == "ok")
        for module in ["vfio_ap", "kvm"] { #expect(host.write("unload \(module)", to: modules) == "ok") }
        #expect(command("start mary", host) == "ENOENT")
        #expect(host.complaint.hasSuffix("kvm is not loaded"))
    }
}
