import DriverCore
import Kernels
import Machine
import Sysfs
import Testing

/// A machine that is a secure-execution guest: queues are bound before they are used.
@Suite struct SecureBindingTests {
    private static let ep11 = "devices/ap/card06/06.0004"
    private static let accelerator = "devices/ap/card03/03.0004"

    private func host(_ release: KernelRelease = .v7_2) throws -> Host {
        let host = try Host(
            try MachineDescription(
                yaml: """
                    adapters: {03: CEX8A, 05: CEX8C, 06: CEX8P}
                    domains: [04]
                    features: [APSC, APXA, QACT, RC8A, APSB]
                    secure-execution: 1
                    """), release: release)
        host.clock.advance(by: .seconds(1))
        return host
    }

    @Test func onlyQueuesThatCanBeBoundHaveTheFiles() throws {
        let host = try host()
        #expect(host.read("bus/ap/features") == "APSC APXA QACT RC8A APSB\n")
        #expect(host.read("\(Self.ep11)/se_bind") == "unbound\n")
        #expect(host.read("\(Self.ep11)/se_associate") == "unassociated\n")
        #expect(host.read("\(Self.accelerator)/se_bind") == "unbound\n")
        #expect(host.read("\(Self.accelerator)/se_associate") == "-\n")
        #expect(host.read("devices/ap/card05/05.0004/se_bind") == "ENOENT")
        #expect(try self.host(.v6_1).read("\(Self.ep11)/se_bind") == "ENOENT")
        #expect(try Host().read("\(Self.ep11)/se_bind") == "ENOENT")
    }

    @Test(arguments: [KernelRelease.v6_12, .v7_2]) func aQueueIsBoundAndThenAssociated(_ release: KernelRelease) throws {
        let host = try host(release)
        #expect(host.write("5", to: "\(Self.ep11)/se_associate") == "EINVAL", "it is not bound")
        #expect(host.read("\(Self.ep11)/ap_functions") == "0x07008000\n")
        #expect(host.read("devices/ap/card06/ap_functions") == "0x07000000\n")
        #expect(host.write("1", to: "\(Self.ep11)/se_bind") == "ok")
        #expect(host.read("\(Self.ep11)/ap_functions") == "0x07004000\n")
        #expect(host.read("\(Self.ep11)/se_bind") == "bound\n")
        #expect(host.read("\(Self.ep11)/se_associate") == "unassociated\n")
        #expect(host.write("yes", to: "\(Self.ep11)/se_bind") == "EINVAL", "it is bound")
        #expect(host.write("0x11\n", to: "\(Self.ep11)/se_associate") == "ok")
        #expect(host.read("\(Self.ep11)/reset") == "No Reset Timer set.\n")
        host.clock.advance(by: .seconds(1))
        #expect(host.read("\(Self.ep11)/se_associate") == "associated 17\n")
        #expect(host.write("3", to: "\(Self.ep11)/se_associate") == "EINVAL", "it is associated")
        #expect(host.read("\(Self.ep11)/ap_functions") == "0x07000000\n")
        let uevents = host.read("\(Host.control)/uevents")
        #expect(uevents.contains("SE_BIND=1") == (release == .v7_2))
        #expect(uevents.contains("SE_ASSOC=17") == (release == .v7_2))
        #expect(host.read("\(Host.control)/hardware").contains("BAPQ 06.0004 rc=00\nAAPQ 06.0004 rc=00\n"))
    }

    @Test func anAssociationTakesAWhile() throws {
        let host = try host()
        host.write("1", to: "\(Self.ep11)/se_bind")
        host.write("1", to: "\(Self.ep11)/se_associate")
        #expect(
            host.write("2", to: "\(Self.ep11)/se_associate") == "EBUSY"
                || host.read("\(Self.ep11)/se_associate") == "associated 1\n")
    }

    @Test func anAcceleratorNeedsNoSecret() throws {
        let host = try host()
        #expect(host.write("1", to: "\(Self.accelerator)/se_bind") == "ok")
        #expect(host.read("\(Self.accelerator)/se_bind") == "bound\n")
        #expect(host.write("1", to: "\(Self.accelerator)/se_associate") == "EINVAL")
    }

    @Test func unbindingResets() throws {
        let host = try host()
        host.write("1", to: "\(Self.ep11)/se_bind")
        host.write("1", to: "\(Self.ep11)/se_associate")
        host.clock.advance(by: .seconds(1))
        #expect(host.write("0", to: "\(Self.ep11)/se_bind") == "ok")
        #expect(host.write("1", to: "\(Self.ep11)/se_bind") == "EBUSY", "it resets")
        host.clock.advance(by: .seconds(1))
        #expect(host.read("\(Self.ep11)/se_bind") == "unbound\n")
        #expect(host.read("\(Self.ep11)/se_associate") == "unassociated\n")
        #expect(host.write("1", to: "\(Self.ep11)/se_bind") == "ok")
    }

    @Test(arguments: [
        ("se_bind", "maybe", "EINVAL"), ("se_associate", "", "ok"), ("se_associate", "-1", "EINVAL"),
        ("se_associate", "65536", "EINVAL"),
        ("se_associate", "4294967296", "ERANGE"), ("se_associate", "99999999999999999999", "ERANGE"),
        ("se_associate", "1x", "EINVAL"),
    ])
    func otherTextIsRefused(_ file: String, _ text: String, _ answer: String) throws {
        let host = try host()
        if file == "se_associate" { host.write("1", to: "\(Self.ep11)/se_bind") }
        #expect(host.write(text, to: "\(Self.ep11)/\(file)") == answer)
    }

    @Test func aQueueThatIsGoneAnswersEIO() throws {
        let host = try host()
        host.write("adapter 06 config=0", to: "\(Host.control)/machine")
        #expect(host.write("1", to: "\(Self.ep11)/se_bind") == "EIO")
        host.write("queue 03.0004 absent=1", to: "\(Host.control)/machine")
        #expect(host.write("1", to: "\(Self.accelerator)/se_bind") == "EIO")
    }

    @Test func aSecureGuestHasTheFacility() {
        #expect(throws: MachineDescriptionError.self) { try MachineDescription(yaml: "secure-execution: 1\n") }
    }
}
