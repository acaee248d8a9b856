@testable import DriverCore
import KernelTesting
import Sysfs
import SystemAdditions
import SystemPackage
import Testing

/// What uevents say, and those that users ask for: drivers/base/core.c, lib/kobject_uevent.c.
@Suite struct UeventTests {
    private static let identity = DeviceIdentity(
        node: DeviceNode(major: 252, minor: 7, name: "box/one"), type: "box_large",
        variables: [UeventVariable("MODALIAS", "box:l"), UeventVariable("MODE", "open")])
    private static let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"

    private let it: Boxes

    init() throws {
        it = try Boxes()
    }

    /// docs/kernel/ap-bus.md, "Uevents": the sender's variables, the node, DEVTYPE, DRIVER, the bus's; unbind has no MODALIAS.
    @Test func theVariablesHaveTheirOrder() throws {
        it.register("driver")
        let before = it.kernel.ueventLines.count
        let one = try it.add("one", identity: Self.identity)
        one.device.sendUevent(.change, [UeventVariable("CONFIG", "1")])
        #expect(it.kernel.write("bus/box/drivers/driver/unbind", "one") == "ok")
        let head = "ACTION=%@ DEVPATH=/devices/room/one SUBSYSTEM=box"
        let expected = [
            ("add", "MAJOR=252 MINOR=7 DEVNAME=box/one DEVTYPE=box_large MODALIAS=box:l MODE=open"),
            ("bind", "MAJOR=252 MINOR=7 DEVNAME=box/one DEVTYPE=box_large DRIVER=driver MODALIAS=box:l MODE=open"),
            ("change", "CONFIG=1 MAJOR=252 MINOR=7 DEVNAME=box/one DEVTYPE=box_large DRIVER=driver MODALIAS=box:l MODE=open"),
            ("unbind", "MAJOR=252 MINOR=7 DEVNAME=box/one DEVTYPE=box_large MODE=open"),
        ]
        for (number, (action, variables)) in expected.enumerated() {
            let line = "\(action)@/devices/room/one \(head) \(variables) SEQNUM=\(before + number + 1)"
            #expect(it.kernel.ueventLines[before + number] == line.replacing("%@", with: action))
        }
    }

    @Test func theFileShowsTheVariablesWithoutHeadAndNumber() throws {
        try it.add("one", identity: Self.identity)
        let text = "MAJOR=252\nMINOR=7\nDEVNAME=box/one\nDEVTYPE=box_large\nMODALIAS=box:l\nMODE=open\n"
        #expect(it.kernel.read("devices/room/one/uevent") == text)
        it.register("driver")
        #expect(it.kernel.read("devices/room/one/uevent") == text.replacing("MODALIAS", with: "DRIVER=driver\nMODALIAS"))
    }

    @Test func numbersGrowByOneInTheOrderOfTheLinesWhoeverSends() async throws {
        let one = try it.add("one")
        await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { for _ in 0..<100 { one.device.sendUevent(.change) } } }
        }
        let numbers = it.kernel.ueventLines.compactMap { $0.split(separator: "SEQNUM=").last.flatMap { Int($0) } }
        #expect(numbers == Array(1...it.kernel.ueventLines.count))
        #expect(numbers.count >= 400)
    }

    /// As for a listener whose socket is full.
    @Test func ofWhatNobodyTakesTheFirstIsKept() throws {
        let one = try it.add("one")
        let ledger = it.kernel.uevents
        ledger.keepUnsent()
        one.device.sendUevent(.change)
        let size = try #require(ledger.takeUnsent().first?.count)
        ledger.keepUnsent(atMost: 3 * size)
        for number in 0..<10 { one.device.sendUevent(number == 0 ? .online : .change) }
        var unsent = ledger.takeUnsent()
        #expect(unsent.count == 3)
        #expect(unsent.first?.starts(with: Array("online@".utf8)) == true)
        // and there is room again
        one.device.sendUevent(.change)
        unsent = ledger.takeUnsent()
        #expect(unsent.count == 1)
        #expect(it.kernel.ueventLines.count >= 12)
    }

    @Test func busesDriversAndModulesSendToo() throws {
        #expect(it.kernel.ueventLines.first == "add@/bus/box ACTION=add DEVPATH=/bus/box SUBSYSTEM=bus SEQNUM=1")
        it.register("driver")
        let module = try Module(loading: "box_driver", kernel: it.kernel)
        let sent = it.kernel.uevents {
            for path in ["bus/box", "bus/box/drivers/driver", "module/box_driver"] {
                #expect(it.kernel.read("\(path)/uevent") == "EACCES")
                #expect(it.kernel.write("\(path)/uevent", "change") == "ok")
            }
            module.announce()
        }
        #expect(
            sent == [
                "change@/bus/box", "change@/bus/box/drivers/driver", "change@/module/box_driver", "add@/module/box_driver",
            ])
        #expect(it.kernel.ueventLines[3].contains("SUBSYSTEM=drivers SYNTH_UUID=0"))
        #expect(it.kernel.ueventLines[4].contains("SUBSYSTEM=module SYNTH_UUID=0"))
    }

    @Test func aDeviceOfNoBusAndNoClassIsSilent() throws {
        let root = try Device("vfio_ap", in: it.kernel.directory("devices"), subsystem: nil, kernel: it.kernel)
        #expect(it.kernel.uevents { root.sendUevent(.change) } == [])
        #expect(it.kernel.write("devices/vfio_ap/uevent", "add") == "ok")
        #expect(root.subsystem == nil)
    }

    // MARK: - Synthetic ones: Tests/Recordings/7.2/uevent-write.txt

    @Test(arguments: UeventAction.allCases)
    func everyActionCanBeAskedFor(action: UeventAction) throws {
        for text in [action.rawValue, action.rawValue + "\n", action.rawValue + "\0"] {
            let uevent = try SyntheticUevent(Input(Array(text.utf8)))
            #expect(uevent.action == action)
            #expect(uevent.variables == [UeventVariable("SYNTH_UUID", "0")])
        }
    }

    @Test(arguments: [
        "x", "\n", "ADD", "add ", "add\n\n", "change x", "change  x", "change \(uuid)x", "change \(uuid) A=", "change \(uuid) =1",
        "change \(uuid) A", "change \(uuid) A=1-2", "change \(uuid) A=1=2", "change \(uuid) ", "change \(uuid)  A=1",
        "change 69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7ag", "change 69904b8e02a56-4c2a-a5cb-d2bcc8a1e7a1",
    ])
    func whatIsNoUeventIsRefusedAndNothingIsSent(text: String) throws {
        try it.add("one")
        let sent = it.kernel.uevents { #expect(it.kernel.write("devices/room/one/uevent", text) == "EINVAL") }
        #expect(sent == [])
    }

    @Test func argumentsBecomeVariablesInFrontOfTheDevices() throws {
        try it.add("one", identity: DeviceIdentity(type: "box_large"))
        #expect(it.kernel.write("devices/room/one/uevent", "change \(Self.uuid) A=1 B=xyz\n") == "ok")
        let line = try #require(it.kernel.ueventLines.last)
        #expect(line.contains("SUBSYSTEM=box SYNTH_UUID=\(Self.uuid) SYNTH_ARG_A=1 SYNTH_ARG_B=xyz DEVTYPE=box_large SEQNUM="))
    }

    // MARK: - Room

    private static func change(_ arguments: [String]) -> String { (["change", uuid] + arguments).joined(separator: " ") }

    /// 64 variables: ACTION, DEVPATH, SUBSYSTEM, SYNTH_UUID, the arguments, the device's own, SEQNUM.
    @Test(arguments: [("bus/box", 59), ("bus/box/drivers/driver", 59), ("devices/room/bare", 58), ("devices/room/one", 52)])
    func anEventHas64Variables(path: String, most: Int) throws {
        it.register("driver")
        try it.add("bare")
        try it.add("one", identity: Self.identity)
        for (count, answer) in [(most, "ok"), (most + 1, "ENOMEM"), (63, "ENOMEM"), (64, "EINVAL")] {
            #expect(it.kernel.write("\(path)/uevent", Self.change(Array(repeating: "A=1", count: count))) == answer, "\(count)")
        }
    }

    /// The arguments alone have 2048 bytes of their own, with SYNTH_UUID; then come the others.
    @Test func anEventHas2048Bytes() throws {
        func answer(_ length: Int) -> String {
            it.kernel.write("bus/box/uevent", Self.change(["A=" + String(repeating: "x", count: length)]))
        }
        let others = [
            "ACTION=change", "DEVPATH=/bus/box", "SUBSYSTEM=bus", "SEQNUM=2", "SYNTH_UUID=\(Self.uuid)", "SYNTH_ARG_A=",
        ]
        let most = 2048 - others.reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(answer(most + 1) == "ENOMEM")
        #expect(answer(most) == "ok")
        #expect(answer(most) == "ok")
        #expect([1987, 1988].map(answer) == ["ENOMEM", "EINVAL"])
    }

    @Test func aDeviceWithoutBusIsAskedForWhatItDoesNotSend() throws {
        _ = try Device("vfio_ap", in: it.kernel.directory("devices"), subsystem: nil, kernel: it.kernel)
        let arguments = Array(repeating: "A=1", count: 63)
        #expect(it.kernel.write("devices/vfio_ap/uevent", Self.change(arguments)) == "ok")
        #expect(it.kernel.write("devices/vfio_ap/uevent", Self.change(arguments + ["A=1"])) == "EINVAL")
    }

    // MARK: - The log

    @Test(arguments: [
        ("nonsense", "unknown uevent action string"), ("add\n\n", "unknown uevent action string"),
        ("change x", "incorrect uevent action arguments"), ("change  x", "incorrect uevent action arguments"),
    ])
    func whatIsRefusedIsToldAndOfADeviceItsDriverToo(text: String, reason: String) throws {
        it.register("driver", wanting: ["one"])
        try it.add("one")
        try it.add("bare")
        _ = try Device("vfio_ap", in: it.kernel.directory("devices"), subsystem: nil, kernel: it.kernel)
        for (path, device) in [
            ("devices/room/one", "driver one"), ("devices/room/bare", "box bare"), ("devices/vfio_ap", " vfio_ap"),
            ("bus/box", nil),
            ("bus/box/drivers/driver", nil),
        ] as [(String, String?)] {
            let log = it.kernel.log { #expect(it.kernel.write("\(path)/uevent", text) == "EINVAL") }
            let second = device.map { ["\($0): uevent: failed to send synthetic uevent: -22"] } ?? []
            #expect(log == ["synth uevent: /\(path): \(reason)"] + second)
        }
        let log = it.kernel.log { #expect(it.kernel.write("devices/room/one/uevent", "") == "ok") }
        #expect(log == [])
    }

    @Test func thatThereIsNoRoomIsTold() throws {
        try it.add("one")
        let text = Self.change(Array(repeating: "A=1", count: 63))
        let log = it.kernel.log { #expect(it.kernel.write("devices/room/one/uevent", text) == "ENOMEM") }
        #expect(
            log == [
                "add_uevent_var: too many keys", "synth uevent: /devices/room/one: failed to send uevent",
                "box one: uevent: failed to send synthetic uevent: -12",
            ])
    }

    // MARK: - The end

    @Test func aDriverAndAModuleTellOnceThatTheyAreGone() throws {
        let driver = it.register("driver")
        let module = try Module(loading: "box_driver", kernel: it.kernel)
        for path in ["bus/box/drivers/driver", "module/box_driver"] {
            let sent = it.kernel.uevents { #expect(it.kernel.write("\(path)/uevent", "remove") == "ok") }
            #expect(sent == ["remove@/\(path)"])
        }
        let sent = it.kernel.uevents {
            it.unregister(driver)
            module.unload()
        }
        #expect(sent == [])
    }

    @Test func aDeviceTellsThatItIsGoneHoweverOftenItWasAskedTo() throws {
        let one = try it.add("one")
        let sent = it.kernel.uevents {
            #expect(it.kernel.write("devices/room/one/uevent", "remove") == "ok")
            it.remove(one)
        }
        #expect(sent == ["remove@/devices/room/one", "remove@/devices/room/one"])
    }
}
