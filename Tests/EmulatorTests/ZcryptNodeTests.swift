import APBus
import Emulator
import KernelLocks
import KernelTesting
import Kernels
import LockOrder
import Sysfs
import Testing
import Waiting

/// The nodes of /sys/class/zcrypt: docs/kernel/masks-and-numbers.md, "Nodes of zcrypt".
@Suite(.bounded) struct ZcryptNodeTests {
    private static let create = "class/zcrypt/create"
    private static let destroy = "class/zcrypt/destroy"

    // MARK: - Names

    @Test(arguments: [
        ("node", " node \n"), (" node", "\t\nnode\t"), ("x\0y", "x"),
        (String(repeating: "x", count: 40), String(repeating: "x", count: 32)),
        (String(repeating: "x", count: 40), String(repeating: "x", count: 31) + "y"),
        (String(repeating: "y", count: 25) + String(repeating: " ", count: 10) + "z", String(repeating: "y", count: 25)),
        ("a/b", "a!b"), ("c!d", "c!d"), ("a//b/", "a!!b!"),
    ])
    func whatIsMadeByAnyFormOfItsNameGoesByAnyOther(created: String, destroyed: String) throws {
        let host = try Host()
        #expect(host.write(created, to: Self.create) == "ok")
        #expect(host.write(destroyed, to: Self.destroy) == "ok")
        #expect(host.write(destroyed, to: Self.destroy) == "ENOENT")
    }

    @Test(arguments: [
        ("a/b", "a/b"), ("c!d", "c/d"), (String(repeating: "x", count: 40), String(repeating: "x", count: 30)), ("node", "\n"),
        ("node", "create"), ("node", "z90crypt"),
    ])
    func anotherNameIsNone(created: String, destroyed: String) throws {
        let host = try Host()
        #expect(host.write(created, to: Self.create) == "ok")
        #expect(host.write(destroyed, to: Self.destroy) == "ENOENT")
    }

    /// `KernelDifference.nodeNamesAreFormats`. A node is looked for by the text that was written.
    @Test(arguments: [
        ("p%%q", "p%q", "EEXIST"), ("p%d", "p2146440376", "EEXIST"), ("p%012d", "p002146440376", "EEXIST"),
        ("p%s", "p\u{92}", "EEXIST"),
        ("p%d%d", "p21464403760", "EEXIST"), ("p%!q", "p", "EEXIST"), ("pq", "pq", "EEXIST"),
    ])
    func onlyLinux61TakesANameForAFormat(given: String, name: String, again: String) throws {
        for release in KernelRelease.allCases {
            let host = try Host(release: release)
            #expect(host.write(given, to: Self.create) == "ok")
            let expected = release == .v6_1 ? name : given
            let nodes = try host.computer.tree.lookUp("zcrypt", in: host.computer.tree.lookUp("class", in: .root).inode)
            #expect(throws: Never.self, "\(release)") { try host.computer.tree.lookUp(expected, in: nodes.inode) }
            #expect(host.write(given, to: Self.create) == again)
        }
        #expect(try Host(release: .v6_1).write("%999d", to: Self.create) == "ENOMEM")
    }

    // MARK: - The lock of the masks

    /// What waits while somebody has the lock of the bus's masks.
    @Test(arguments: [
        (create, "other"), (destroy, "node"), ("class/zcrypt/node/apmask", nil), ("class/zcrypt/node/admask", "zz"),
        ("class/zcrypt/node/ioctlmask", "+1"), ("bus/ap/apmask", nil), ("bus/ap/aqmask", "+5"),
        ("devices/ap/card05/05.0004/driver_override", "cex4queue"),
    ])
    func whoHoldsTheMasksHoldsUp(path: String, text: String?) throws {
        let host = try Host()
        #expect(host.write("node", to: Self.create) == "ok")
        let computer = host.computer
        let masks = try #require(computer.bus).masks
        let (isHeld, mayGo) = (Event("the masks are held"), Event("the test gives the masks back"))
        let holder = TestThread("the masks are given back") {
            withNoLocksHeld { held in
                masks.withLock(after: held) { (_, _) in
                    isHeld.happens()
                    mayGo.wait()
                }
            }
        }
        try #require(isHeld.wait())
        let other = TestThread("\(path) answers") {
            if let text { computer.kernel.write(path, text) } else { _ = computer.kernel.read(path) }
        }
        waitUntil("\(path) stands in line for the masks") { masks.line == 1 }
        mayGo.happens()
        for thread in [holder, other] { thread.join() }
    }

    /// Linux waits with the lock, and hangs.
    @Test func aNodeIsDestroyedWhileSomebodyReadsItsMaskAndWaitsForTheMasks() throws {
        let host = try Host()
        #expect(host.write("node", to: Self.create) == "ok")
        let computer = host.computer
        let masks = try #require(computer.bus).masks
        let (isHeld, mayGo) = (Event("the masks are held"), Event("the test gives the masks back"))
        let holder = TestThread("the masks are given back") {
            withNoLocksHeld { held in
                masks.withLock(after: held) { (_, _) in
                    isHeld.happens()
                    mayGo.wait()
                }
            }
        }
        try #require(isHeld.wait())
        let destroy = TestThread("destroy answers") { computer.kernel.write(Self.destroy, "node") }
        waitUntil("destroy stands in line") { masks.line == 1 }
        let read = TestThread("the read answers") { _ = computer.kernel.read("class/zcrypt/node/apmask") }
        waitUntil("a read stands in line behind it") { masks.line == 2 }
        mayGo.happens()
        for thread in [holder, destroy, read] { thread.join() }
        #expect(computer.kernel.names("class/zcrypt") == ["create", "destroy"])
    }
}
