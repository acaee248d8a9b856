@testable import APBus
import AdjunctProcessor
import DriverCore
import KernelLocks
import KernelTesting
import Kernels
import LockOrder
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// apmask, aqmask and driver_override, and who gets a queue by them: docs/kernel/ap-bus.md, "Who gets a queue", "Masks",
/// "driver_override".
@Suite(.bounded) struct MaskTests {
    private static let ones = String(repeating: "f", count: 64)

    @Test(arguments: [
        ("-5", "", "other", "cex4queue"), ("", "-4", "other", "other"), ("-5", "-4", "other", "other"),
        ("", "", "cex4queue", "cex4queue"),
        ("-6", "", "cex4queue", "other"), ("0x0", "", "other", "other"),
    ])
    func aQueueIsTheHostsWhileBothBitsAreSet(apmask: String, aqmask: String, of05: String, of06: String) throws {
        let it = try Host()
        it.kernel.write("bus/ap/apmask", apmask)
        it.kernel.write("bus/ap/aqmask", aqmask)
        #expect(it.driver("05.0004") == of05)
        #expect(it.driver("06.0004") == of06)
        #expect(it.kernel.write("bus/ap/apmask", "0x" + Self.ones) == "ok")
        #expect(it.kernel.write("bus/ap/aqmask", "0x" + Self.ones) == "ok")
        #expect(it.driver("05.0004") == "cex4queue")
        #expect(it.driver("06.0004") == "cex4queue")
    }

    @Test func whenAMaskIsWrittenTheQueuesHaveMovedAndThenItIsTold() throws {
        let it = try Host()
        let sent = it.kernel.uevents { #expect(it.kernel.write("bus/ap/apmask", "-5\n") == "ok") }
        let queues = ["05.0004", "05.0047"].flatMap { ["unbind@/devices/ap/card05/\($0)", "bind@/devices/ap/card05/\($0)"] }
        #expect(sent == queues + ["change@/devices/ap"])
        #expect(it.kernel.ueventLines.last?.contains("SUBSYSTEM=ap APMASK=0xfbff\(Self.ones.dropLast(4))\n SEQNUM=") == true)
        #expect(it.kernel.read("bus/ap/apmask") == "0xfbff\(Self.ones.dropLast(4))\n")
        #expect(it.kernel.read("bus/ap/bindings") == "4/4 (complete)\n")
    }

    @Test(arguments: ["+5", "-5+5", "0x" + ones, ones + "\n"])
    func theSameMaskAgainIsNoChange(text: String) throws {
        let it = try Host()
        let sent = it.kernel.uevents { #expect(it.kernel.write("bus/ap/apmask", text) == "ok") }
        #expect(sent == [])
    }

    @Test(arguments: ["x5g", "0x" + ones + "f", "+", "-256", "+5,x", "5 ", "+7-5"])
    func whatIsNoMaskIsRefused(text: String) throws {
        let it = try Host()
        #expect(it.kernel.write("bus/ap/apmask", text) == "EINVAL")
        #expect(it.kernel.write("bus/ap/aqmask", text) == "EINVAL")
        #expect(it.kernel.read("bus/ap/apmask") == "0x\(Self.ones)\n")
        #expect(it.driver("05.0004") == "cex4queue")
    }

    /// 6.1 and 6.12 reduce a number modulo 2^64: `KernelDifference.maskNumbersSaturate`.
    @Test(arguments: [(KernelRelease.v6_1, "ok"), (.v6_12, "ok"), (.v7_2, "EINVAL")])
    func hugeNumbers(release: KernelRelease, answer: String) throws {
        let it = try Host(release: release)
        #expect(it.kernel.write("bus/ap/apmask", "-18446744073709551621") == answer)
        #expect(it.driver("05.0004") == (answer == "ok" ? "other" : "cex4queue"))
    }

    // MARK: - In use

    struct Use: Sendable, CustomTestStringConvertible {
        let release: KernelRelease
        /// Written before.
        let masks: (adapters: String, domains: String)
        let write: (file: String, text: String)
        let answer: String
        var testDescription: String { "\(release.rawValue): \(masks), \(write)" }
    }

    /// Somebody uses 05.0004. Newly set bits count, against the other mask; from 7.2 on against all of it.
    static let uses = KernelRelease.allCases.flatMap { release in
        [
            Use(release: release, masks: ("-5-6", ""), write: ("apmask", "+5"), answer: "EBUSY"),
            Use(release: release, masks: ("-5-6", ""), write: ("apmask", "+6"), answer: "ok"),
            Use(release: release, masks: ("-5-6", ""), write: ("apmask", "0x" + ones), answer: "EBUSY"),
            Use(release: release, masks: ("-5-6", ""), write: ("apmask", "-7"), answer: "ok"),
            Use(release: release, masks: ("-5-6", ""), write: ("aqmask", "-4"), answer: "ok"),
            Use(release: release, masks: ("", "-4"), write: ("aqmask", "+4"), answer: "EBUSY"),
            Use(release: release, masks: ("", "-4"), write: ("apmask", "-7"), answer: "ok"),
            Use(release: release, masks: ("-5", "-4"), write: ("apmask", "+5"), answer: release >= .v7_2 ? "EBUSY" : "ok"),
            Use(release: release, masks: ("-5", "-4"), write: ("aqmask", "+4"), answer: release >= .v7_2 ? "EBUSY" : "ok"),
        ]
    }

    @Test(arguments: uses) func whatIsUsedCannotBecomeTheHosts(_ use: Use) throws {
        let it = try Host(release: use.release)
        it.kernel.write("bus/ap/apmask", use.masks.adapters)
        it.kernel.write("bus/ap/aqmask", use.masks.domains)
        it.other.used.withLock { $0 = [APQN(adapter: AdapterID(5), domain: DomainID(4))] }
        let before = it.kernel.read("bus/ap/\(use.write.file)")
        let sent = it.kernel.uevents { #expect(it.kernel.write("bus/ap/\(use.write.file)", use.write.text) == use.answer) }
        #expect((it.kernel.read("bus/ap/\(use.write.file)") == before) == (use.answer == "EBUSY"))
        #expect(sent.isEmpty == (use.answer == "EBUSY"))
        #expect(it.driver("05.0004") == "other")
    }

    // MARK: - Queues without a driver

    /// drivers.txt of each release in Tests/Recordings: with 7.2 a queue without a driver goes to whoever it is, if not the host.
    @Test(arguments: KernelRelease.allCases) func aQueueWithoutADriver(release: KernelRelease) throws {
        let it = try Host(release: release)
        #expect(it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004") == "ok")
        it.kernel.write("bus/ap/aqmask", "-0")
        #expect(it.driver("05.0004") == (release >= .v7_2 ? "nobody" : "cex4queue"))
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004")
        it.kernel.write("bus/ap/apmask", "-5")
        #expect(it.driver("05.0004") == (release >= .v7_2 ? "other" : "nobody"))
    }

    @Test func theWrongDriverCannotHaveAQueueByHandEither() throws {
        let it = try Host()
        for file in ["cex4queue/unbind", "cex4queue/bind"] {
            #expect(it.kernel.write("bus/ap/drivers/\(file)", "05.0004") == "ok")
        }
        #expect(it.kernel.write("bus/ap/drivers/other/bind", "05.0004") == "EBUSY")
        #expect(it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004") == "ok")
        #expect(it.kernel.write("bus/ap/drivers/other/bind", "05.0004") == "ENODEV")
        #expect(it.driver("05.0004") == "nobody")
    }

    // MARK: - driver_override

    private static let override = "devices/ap/card05/05.0004/driver_override"

    @Test(arguments: [
        ("vfio_ap", "vfio_ap\n"), ("vfio_ap\n", "vfio_ap\n"), ("nonsense\n", "nonsense\n"), ("a b\n", "a b\n"), ("\n", "\n"),
        ("\0", "\n"),
        ("vfio_ap\0z", "vfio_ap\n"), ("a\nb", "a\n"),
        (String(repeating: "x", count: 4094), String(repeating: "x", count: 4094) + "\n"),
    ])
    func anOverrideIsAnyTextUpToItsFirstNewline(text: String, shown: String) throws {
        let it = try Host()
        #expect(it.kernel.write(Self.override, text) == "ok")
        #expect(it.kernel.read(Self.override) == shown)
        #expect(it.kernel.write("bus/ap/apmask", "-9") == (shown == "\n" ? "ok" : "EINVAL"), "no mask while there is an override")
    }

    @Test func anOverrideIsOfLessThanAPageAndOfNoTimeWhenAMaskIsInUse() throws {
        let it = try Host()
        #expect(it.kernel.write(Self.override, String(repeating: "x", count: 4095)) == "EINVAL")
        it.kernel.write("bus/ap/apmask", "-9")
        #expect(it.kernel.write(Self.override, "other") == "EINVAL")
        #expect(it.kernel.write(Self.override, "\n") == "EINVAL")
        it.kernel.write("bus/ap/apmask", "+9")
        #expect(it.kernel.write(Self.override, "other") == "ok")
    }

    @Test func masksMayBeChangedAgainWhenTheLastOverrideIsCleared() throws {
        let it = try Host()
        let second = Self.override.replacing("05", with: "06")
        for (path, text) in [(Self.override, "other"), (Self.override, "another"), (second, "other"), (Self.override, "\n")] {
            #expect(it.kernel.write(path, text) == "ok")
            #expect(it.kernel.write("bus/ap/aqmask", "-9") == "EINVAL")
        }
        #expect(it.kernel.write(second, "\n") == "ok")
        #expect(it.kernel.write(second, "\n") == "ok")
        #expect(it.kernel.write("bus/ap/aqmask", "-9") == "ok")
    }

    @Test func anOverrideDecidesAtTheNextProbe() throws {
        let it = try Host()
        it.kernel.write(Self.override, "other")
        #expect(it.driver("05.0004") == "cex4queue")
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004")
        #expect(it.kernel.write("bus/ap/drivers/cex4queue/bind", "05.0004") == "ENODEV")
        #expect(it.kernel.write("bus/ap/drivers_probe", "05.0004") == "ok")
        #expect(it.driver("05.0004") == "other")
    }

    /// Whose a queue is that a mediated device would have: its driver's where it has an override, else by the masks.
    @Test func aQueueWithAnOverrideIsItsDrivers() throws {
        let it = try Host()
        func isHosts(_ domains: APMask) -> Bool {
            withNoLocksHeld { held in
                it.bus.masks.withLock(after: held) { masks, _ in it.bus.isHosts(adapters: APMask([5]), domains: domains, masks) }
            }
        }
        it.kernel.write(Self.override, "other")
        #expect(isHosts(APMask([4])))
        it.kernel.write("bus/ap/drivers/cex4queue/unbind", "05.0004")
        #expect(isHosts(APMask([4])), "without a driver the masks count")
        it.kernel.write("bus/ap/drivers_probe", "05.0004")
        #expect(!isHosts(APMask([4])))
        #expect(isHosts(APMask([0x47])))
        #expect(isHosts(APMask([4, 0x47])))
    }

    // MARK: - Without the lock

    /// An assignment waits for resets with the masks locked.
    @Test func whoHoldsTheMasksHoldsUpNeitherTheDefaultDomainNorWhoReadsAnOverride() throws {
        let it = try Host()
        let (isHeld, mayGo) = (Event("the masks are held"), Event("the test gives the masks back"))
        let holder = TestThread("the masks are given back") {
            withNoLocksHeld { held in
                it.bus.masks.withLock(after: held) { (_, _) in
                    isHeld.happens()
                    mayGo.wait()
                }
            }
        }
        try #require(isHeld.wait())
        let answers = waiting(for: "what takes no lock answers") {
            [it.kernel.read(Self.override), it.kernel.write("bus/ap/ap_domain", "0x47"), it.kernel.read("bus/ap/ap_domain")]
        }
        mayGo.happens()
        holder.join()
        #expect(answers == ["\n", "ok", "71\n"])
    }

    @Test func aSignalEndsTheWaitForTheMasksAndNothingIsDone() throws {
        let it = try Host()
        let (isHeld, mayGo) = (Event("the masks are held"), Event("the test gives the masks back"))
        let holder = TestThread("the masks are given back") {
            withNoLocksHeld { held in
                it.bus.masks.withLock(after: held) { (_, _) in
                    isHeld.happens()
                    mayGo.wait()
                }
            }
        }
        try #require(isHeld.wait())
        let (caller, answers) = (Caller(), Leaf<[String]>("answers", []))
        let writer = TestThread("the write ends") {
            let answer = caller.serving { it.kernel.write("bus/ap/apmask", "-5") }
            answers.withLock { $0.append("at last \(answer)") }
        }
        waitUntil("the write stands in line") { it.bus.masks.line == 1 }
        caller.interrupt { errno in answers.withLock { $0.append("at once \(errno == .EINTR)") } }
        #expect(answers.withLock { $0 } == ["at once true"])
        mayGo.happens()
        for thread in [holder, writer] { thread.join() }
        #expect(answers.withLock { $0 } == ["at once true", "at last EINTR"])
        #expect(it.kernel.read("bus/ap/apmask") == "0x\(Self.ones)\n")
    }

    @Test func theDefaultDomainIsOneOfTheHosts() throws {
        let it = try Host()
        it.kernel.write("bus/ap/aqmask", "-0x47")
        #expect(it.kernel.write("bus/ap/ap_domain", "0x47") == "EINVAL")
        it.kernel.write("bus/ap/aqmask", "+0x47")
        #expect(it.kernel.write("bus/ap/ap_domain", "0x47") == "ok")
    }

    @Test(arguments: [KernelRelease.v6_1, .v6_12]) func earlierReleasesHaveNoOverride(release: KernelRelease) throws {
        #expect(try Host(release: release).kernel.read(Self.override) == "ENOENT")
    }
}
