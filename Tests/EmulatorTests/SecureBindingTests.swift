import DriverCore
import Kernels
import Machine
import Sysfs
import Testing

/// A machine that is a secure-execution guest: queues are bound before they are used.
@Suite struct SecureBindingTests {
    private static let ep11 = "devices/ap/card06/06.0004"
    private static let accelerator = "devices/ap/card03/03.0004"

    private func host(_ release: KernelRelease = .v7_2, domains: String = "[04]") throws -> Host {
        let host = try Host(
            try MachineDescription(
                yaml: """
                    adapters: {03: CEX8A, 05: CEX8C, 06: CEX8P}
                    domains: \(domains)
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
        #expect(host.read("devices/ap/card05/05.0004/ap_functions") == "0x9300C000\n", "of no use to such a guest")
        #expect(host.read("devices/ap/card05/ap_functions") == "0x93000000\n")
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

    // MARK: - What becomes of a binding

    @Test(arguments: [KernelRelease.v6_12, .v7_2]) func onlyBoundQueuesAreAskedAndNoCCAQueue(_ release: KernelRelease) throws {
        let host = try host(release, domains: "[04, ff]")
        let files = [
            "\(Self.ep11)/mkvps", "\(Self.ep11)/op_modes", "devices/ap/card05/05.0004/mkvps", "devices/ap/card06/serialnr",
            "devices/ap/card05/serialnr",
        ]
        #expect(host.read("bus/ap/scans") == "2\n", "the random number generator has found no queue")
        for (index, file) in files.enumerated() {
            _ = host.read(file)
            #expect(host.read("bus/ap/scans") == "\(index + 3)\n", "\(file) finds no queue")
        }
        #expect(host.read("\(Self.ep11)/request_count") == "0\n")
        #expect(host.read("devices/ap/card05/request_count") == "0\n")
        host.write("1", to: "\(Self.ep11)/se_bind")
        for file in ["06.0004/mkvps", "06.0004/op_modes", "serialnr"] { _ = host.read("devices/ap/card06/\(file)") }
        #expect(host.read("\(Self.ep11)/request_count") == "3\n")
        #expect(host.read("bus/ap/scans") == "7\n")
        _ = host.read("devices/ap/card06/06.00ff/mkvps")
        #expect(host.read("devices/ap/card06/06.00ff/request_count") == "0\n")
        #expect(host.read("bus/ap/scans") == "8\n")
    }

    @Test func aResetKeepsBindingAndAssociation() throws {
        let host = try host()
        host.write("1", to: "\(Self.ep11)/se_bind")
        host.write("5", to: "\(Self.ep11)/se_associate")
        host.clock.advance(by: .seconds(1))
        #expect(host.write("1", to: "\(Self.ep11)/reset") == "ok")
        host.clock.advance(by: .seconds(1))
        #expect(host.read("\(Self.ep11)/se_bind") == "bound\n")
        #expect(host.read("\(Self.ep11)/se_associate") == "associated 5\n")
        #expect(host.write("1", to: "\(Self.ep11)/se_bind") == "EINVAL")
        #expect(host.write("7", to: "\(Self.ep11)/se_associate") == "EINVAL")
    }

    @Test func aQueueWithoutADriverIsUnboundAndThenWaitsForOne() throws {
        let host = try host()
        _ = host.write("1", to: "\(Self.ep11)/se_bind")
        _ = host.read("\(Self.ep11)/mkvps")
        host.write("5", to: "\(Self.ep11)/se_associate")
        host.clock.advance(by: .seconds(1))
        host.write("06.0004", to: "bus/ap/drivers/cex4queue/unbind")
        #expect(host.read("\(Self.ep11)/se_associate") == "associated 5\n")
        #expect(host.read("\(Self.ep11)/request_count") == "-\n")
        #expect(host.write("0", to: "\(Self.ep11)/se_bind") == "ok")
        host.clock.advance(by: .seconds(1))
        #expect(host.read("\(Self.ep11)/se_bind") == "unbound\n")
        #expect(host.read("\(Self.ep11)/se_associate") == "unassociated\n")
        #expect(host.read("\(Self.ep11)/request_count") == "1\n")
        #expect(host.read("\(Self.ep11)/reset") == "Reset in progress.\n")
        #expect(host.write("1", to: "\(Self.ep11)/se_bind") == "EBUSY")
    }

    @Test func aQueueThatWasBoundWithoutADriverHasForgottenItsSecretWhenItGetsOne() throws {
        let host = try host()
        host.write("06.0004", to: "bus/ap/drivers/cex4queue/unbind")
        #expect(host.write("1", to: "\(Self.ep11)/se_bind") == "ok")
        #expect(host.write("3", to: "\(Self.ep11)/se_associate") == "ok")
        // the machine takes two looks
        _ = host.read("\(Self.ep11)/se_associate")
        #expect(host.read("\(Self.ep11)/se_associate") == "associated 3\n")
        #expect(host.read("\(Self.ep11)/request_count") == "-\n")
        host.write("06.0004", to: "bus/ap/drivers/cex4queue/bind")
        host.clock.advance(by: .seconds(1))
        #expect(host.read("\(Self.ep11)/se_bind") == "bound\n")
        #expect(host.read("\(Self.ep11)/se_associate") == "EIO")
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
