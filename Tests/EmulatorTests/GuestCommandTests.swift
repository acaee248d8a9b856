import Kernels
import Testing

/// The file `guests`: how the programs behave that open a device for a guest.
@Suite struct GuestCommandTests {
    private static let second = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a2"
    private static let create = "\(Host.matrix)/mdev_supported_types/vfio_ap-passthrough/create"

    /// A host with a device that has queue 05.0004 and control domain 10, and a device that has nothing.
    private func host(_ release: KernelRelease = .v7_2) throws -> Host {
        let host = try Host(release: release)
        for (file, text) in [
            ("bus/ap/apmask", "-5"), (Self.create, Host.uuid), (Self.create, Self.second),
            ("\(Host.matrix)/\(Host.uuid)/assign_adapter", "5"), ("\(Host.matrix)/\(Host.uuid)/assign_domain", "4"),
            ("\(Host.matrix)/\(Host.uuid)/assign_control_domain", "0x10"),
        ] {
            #expect(host.write(text, to: file) == "ok")
        }
        return host
    }

    private func command(_ text: String, _ host: Host) -> String { host.write(text, to: "\(Host.control)/guests") }
    private func lines(_ host: Host) -> String { host.read("\(Host.control)/guests") }

    @Test(arguments: KernelRelease.allCases)
    func aLongLineTellsTheMasksThatTheGuestRunsWith(release: KernelRelease) throws {
        let host = try host(release)
        func masks() -> Substring? { host.read("\(Host.control)/guests-long").split(separator: "open=").last }
        #expect(command("start mary \(Host.uuid)", host) == "ok")
        #expect(masks() == "1 masks=05/0004/0010\n")
        #expect(host.write("0x47", to: "\(Host.matrix)/\(Host.uuid)/assign_domain") == "ok")
        #expect(masks() == "1 masks=05/0004,0047/0010\n")
        #expect(command("start idle", host) == "ok")
        #expect(masks() == "0 masks=//\n")
    }

    @Test func aSilentGuestHearsNothingAndIsNotAsked() throws {
        let host = try host()
        #expect(command("start-silent mary \(Host.uuid)", host) == "ok")
        #expect(host.write("0x47", to: "\(Host.matrix)/\(Host.uuid)/assign_domain") == "ok")
        #expect(lines(host) == "mary \(Host.uuid) req=0 cfg=0 open=1\n")
    }

    @Test func aGuestCanHaveOneMatrixDevice() throws {
        let host = try host()
        #expect(command("start mary \(Host.uuid)", host) == "ok")
        let before = lines(host)
        #expect(command("attach mary \(Self.second)", host) == "EPERM")
        #expect(host.complaint.hasSuffix("a guest can have one mediated matrix device only"))
        #expect(lines(host) == before)
        #expect(command("attach nobody \(Self.second)", host) == "ENOENT")
        #expect(command("attach mary", host) == "EINVAL")
        #expect(command("start idle", host) == "ok")
        #expect(command("attach idle \(Self.second)", host) == "ok")
        #expect(lines(host).hasSuffix("idle \(Self.second) req=0 cfg=0 open=1\n"))
    }

    /// Kernel: a second open of the group is EBUSY, one of the device's node EINVAL.
    @Test func aDeviceInUseIsRefusedAsItsNodeRefusesIt() throws {
        let host = try host()
        #expect(command("start-cdev mary \(Host.uuid)", host) == "ok")
        #expect(command("start-cdev paul \(Host.uuid)", host) == "EINVAL")
        #expect(command("start paul \(Host.uuid)", host) == "EBUSY")
        #expect(command("stop mary", host) == "ok")
        #expect(try self.host(.v6_1).write("start-cdev mary", to: "\(Host.control)/guests") == "ENOENT")
    }

    @Test func thePQAPOfAGuestIsAnsweredWithACondition() throws {
        let host = try host()
        #expect(command("start mary \(Host.uuid)", host) == "ok")
        #expect(command("pqap mary 05.0004 on", host) == "ok")
        #expect(command("pqap mary 05.0047 on", host) == "ok")
        let answers = host.read("\(Host.control)/hardware").split(separator: "\n").filter { $0.hasPrefix("PQAP") }
        #expect(answers == ["PQAP mary AQIC-on 05.0004 rc=00 cc=0", "PQAP mary AQIC-on 05.0047 rc=01 cc=3"])
    }
}
