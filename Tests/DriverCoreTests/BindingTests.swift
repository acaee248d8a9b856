@testable import DriverCore
import KernelTesting
import Kernels
import LockOrder
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// Who gets which device, and in which order: drivers/base/dd.c and bus.c.
@Suite(.bounded) struct BindingTests {
    private let it: Boxes

    init() throws {
        it = try Boxes()
    }

    @Test func theFirstDriverThatWantsADeviceGetsIt() throws {
        it.register("choosy", wanting: ["two"])
        it.register("greedy")
        let (one, two) = (try it.add("one"), try it.add("two"))
        #expect(one.device.driver == "greedy")
        #expect(two.device.driver == "choosy")
        #expect(it.takeDiary() == ["greedy probes greedy's one", "choosy probes choosy's two"])
        #expect(it.kernel.target("devices/room/one/driver") == "../../../bus/box/drivers/greedy")
        #expect(it.kernel.target("bus/box/drivers/greedy/one") == "../../../../devices/room/one")
        #expect(it.kernel.target("bus/box/devices/one") == "../../../devices/room/one")
    }

    @Test func aDriverThatRefusesLeavesNoTraceAndTheNextOneIsAsked() throws {
        it.register("refuses", error: .ENODEV)
        it.register("fails", error: .EIO)
        it.register("takes")
        let sent = try it.kernel.uevents { try it.add("one") }
        #expect(sent == ["add@/devices/room/one", "bind@/devices/room/one"])
        #expect(it.takeDiary() == ["refuses probes refuses's one", "fails probes fails's one", "takes probes takes's one"])
        #expect(!it.kernel.exists("bus/box/drivers/refuses/one"))
        #expect(it.kernel.target("devices/room/one/driver").hasSuffix("takes"))
    }

    @Test func whomTheBusForbidsIsNotEvenAsked() throws {
        it.register("forbidden", mayHave: false)
        let one = try it.add("one")
        #expect(one.device.driver == nil)
        #expect(it.takeDiary() == [])
        #expect(it.kernel.write("bus/box/drivers/forbidden/bind", "one") == "ENODEV")
        #expect(it.takeDiary() == [])
    }

    @Test func aNewDriverGetsWhatNobodyHasOldestFirstAndIsToldLast() throws {
        it.register("first", wanting: ["two"])
        for name in ["one", "two", "three"] { try it.add(name) }
        let sent = it.kernel.uevents { it.register("second") }
        #expect(sent == ["bind@/devices/room/one", "bind@/devices/room/three", "add@/bus/box/drivers/second"])
    }

    @Test func aDriverThatGoesLosesTheDeviceFirstThatItGotLast() throws {
        let driver = it.register("driver")
        for name in ["two", "one"] { try it.add(name) }
        #expect(it.kernel.write("bus/box/drivers/driver/unbind", "two") == "ok")
        #expect(it.kernel.write("bus/box/drivers/driver/bind", "two") == "ok")
        _ = it.takeDiary()
        let sent = it.kernel.uevents { it.unregister(driver) }
        #expect(it.takeDiary() == ["driver removes driver's two", "driver removes driver's one"])
        #expect(sent == ["unbind@/devices/room/two", "unbind@/devices/room/one", "remove@/bus/box/drivers/driver"])
        #expect(it.kernel.names("bus/box/drivers") == [])
    }

    @Test func aDeviceThatGoesLosesItsDriverFirstAndNeverGetsOneAgain() throws {
        it.register("driver")
        let one = try it.add("one")
        let sent = it.kernel.uevents { it.remove(one) }
        #expect(sent == ["unbind@/devices/room/one", "remove@/devices/room/one"])
        #expect(it.kernel.names("devices/room") == [])
        #expect(it.kernel.names("bus/box/devices") == [])
        _ = it.takeDiary()
        withNoLocksHeld { held in it.bus.attach(one, after: held) }
        #expect(throws: Errno.ENODEV) {
            try withNoLocksHeld { (held) throws(Errno) in try it.bus.attach(one, to: "driver", after: held) }
        }
        #expect(one.device.driver == nil)
        #expect(it.takeDiary() == [])
    }

    /// Tests/Recordings/7.2/drivers.txt
    @Test(arguments: [
        ("bound", "EBUSY"), ("bound\n", "EBUSY"), ("bound ", "ENODEV"), ("free", "ok"), ("free\n", "ok"), ("", "ok"),
        ("\n", "ENODEV"),
        ("nothing", "ENODEV"), ("unwanted", "ENODEV"),
    ])
    func bindAnswers(text: String, answer: String) throws {
        it.register("driver", wanting: ["bound", "free"])
        for name in ["bound", "free", "unwanted"] { try it.add(name) }
        #expect(it.kernel.write("bus/box/drivers/driver/unbind", "free") == "ok")
        #expect(it.kernel.write("bus/box/drivers/driver/bind", text) == answer)
        #expect(it.kernel.exists("devices/room/free/driver") == text.hasPrefix("free"))
    }

    @Test(arguments: [Errno.ENODEV, .EIO, .ENOMEM])
    func bindAnswersWhatTheProbeDoes(error: Errno) throws {
        it.register("driver", error: error)
        let one = try it.add("one")
        #expect(throws: error) {
            try withNoLocksHeld { (held) throws(Errno) in try it.bus.attach(one, to: "driver", after: held) }
        }
        #expect(it.kernel.write("bus/box/drivers/driver/bind", "one") != "ok")
        #expect(one.device.driver == nil)
        #expect(it.kernel.names("bus/box/drivers/driver") == ["bind", "uevent", "unbind"])
    }

    @Test(arguments: [
        ("bound", "ok"), ("bound\n", "ok"), ("another's", "ENODEV"), ("free", "ENODEV"), ("nothing", "ENODEV"), ("", "ok"),
        ("\n", "ENODEV"),
    ])
    func unbindAnswers(text: String, answer: String) throws {
        it.register("driver", wanting: ["bound"])
        it.register("another", wanting: ["another's"])
        for name in ["bound", "another's", "free"] { try it.add(name) }
        #expect(it.kernel.write("bus/box/drivers/driver/unbind", text) == answer)
        #expect(it.kernel.exists("devices/room/bound/driver") == !text.hasPrefix("bound"))
        #expect(it.kernel.exists("devices/room/another's/driver"))
    }

    @Test func aDriverThatIsNotBoundByHandHasNoFilesForIt() {
        it.register("matrix", bindsByHand: false)
        #expect(it.kernel.names("bus/box/drivers/matrix") == ["uevent"])
    }

    @Test func probingByHandBindsWhatIsFreeAndLeavesWhatIsBound() throws {
        it.register("driver")
        let one = try it.add("one")
        let sent = it.kernel.uevents { #expect(it.kernel.write("bus/box/drivers_probe", "one") == "ok") }
        #expect(sent == [])
        #expect(it.kernel.write("bus/box/drivers/driver/unbind", "one") == "ok")
        #expect(one.device.driver == nil)
        #expect(it.kernel.write("bus/box/drivers_probe", "one\n") == "ok")
        #expect(one.device.driver == "driver")
        #expect(it.kernel.write("bus/box/drivers_probe", "two") == "ENODEV")
    }

    @Test(arguments: [("0", false), ("0x1", false), ("1", true), ("n", true), ("\n", true)])
    func onlyAZeroEndsAutoprobing(text: String, autoprobes: Bool) throws {
        #expect(it.kernel.write("bus/box/drivers_autoprobe", text) == "ok")
        #expect(it.kernel.read("bus/box/drivers_autoprobe") == (autoprobes ? "1\n" : "0\n"))
        let one = try it.add("one")
        it.register("driver")
        let two = try it.add("two")
        #expect((one.device.driver != nil) == autoprobes)
        #expect((two.device.driver != nil) == autoprobes)
    }

    @Test func aDriverAndItsModuleAreLinked() throws {
        let module = try Module(loading: "box_driver", kernel: it.kernel)
        let driver = it.register("driver", module: module)
        #expect(it.kernel.target("bus/box/drivers/driver/module") == "../../../../module/box_driver")
        #expect(it.kernel.target("module/box_driver/drivers/box:driver") == "../../../bus/box/drivers/driver")
        it.unregister(driver)
        #expect(it.kernel.names("module/box_driver/drivers") == [])
    }

    // MARK: - While a driver lets go

    /// A box whose driver lets go of it until the test lets it.
    private struct LettingGo {
        let it: Boxes
        let box: Box
        let mayGo = Event("the test lets the driver let go")
        let unbind: TestThread

        init(release: KernelRelease = .v7_2) throws {
            let it = try Boxes(release: release)
            let driver = it.register("driver")
            box = try it.add("one")
            let (isAtIt, mayGo) = (Event("the driver lets go"), mayGo)
            driver.atRemoval.withLock {
                $0 = {
                    isAtIt.happens()
                    mayGo.wait()
                }
            }
            self.it = it
            unbind = TestThread("the box is unbound") { it.kernel.write("bus/box/drivers/driver/unbind", "one") }
            isAtIt.wait()
        }

        func end() {
            mayGo.happens()
            unbind.join()
        }
    }

    @Test func aDeviceThatHasADriverIsNotProbedAndNobodyWaits() throws {
        let going = try LettingGo()
        let kernel = going.it.kernel
        #expect(waiting(for: "drivers_probe answers") { kernel.write("bus/box/drivers_probe", "one") } == "ok")
        going.end()
        #expect(going.box.device.driver == nil)
    }

    /// `KernelDifference.showsUeventsUnderTheDeviceLock`.
    @Test(arguments: KernelRelease.allCases) func onlyLinux61ShowsAUeventWhenTheDriverHasLetGo(release: KernelRelease) throws {
        let going = try LettingGo(release: release)
        let (kernel, text) = (going.it.kernel, Leaf("text", ""))
        let read = TestThread("uevent is read") {
            let read = kernel.read("devices/room/one/uevent")
            text.withLock { $0 = read }
        }
        if release == .v6_1 { waitUntil("the read stands in line") { going.box.device.lock.line == 1 } } else { read.join() }
        #expect(text.withLock { $0 } == (release == .v6_1 ? "" : "DRIVER=driver\n"))
        going.end()
        if release == .v6_1 { read.join() }
        #expect(text.withLock { $0 } == (release == .v6_1 ? "" : "DRIVER=driver\n"))
    }

    @Test func whatGoesKeepsItsFilesUntilItsDriverHasLetGo() throws {
        let going = try LettingGo()
        let (it, box) = (going.it, going.box)
        let removal = TestThread("the box is removed") { it.remove(box) }
        waitUntil("the removal stands in line") { box.device.lock.line == 1 }
        #expect(it.kernel.names("devices/room/one") == ["subsystem", "uevent"])
        #expect(it.kernel.names("bus/box/devices") == ["one"])
        going.end()
        removal.join()
        #expect(it.kernel.names("devices/room") == [])
    }
}
