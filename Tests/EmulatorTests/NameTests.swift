import DriverCore
import Emulator
import Kernels
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import VFS

/// What users give names to has the bytes that they wrote: docs/RELIABILITY.md, "Numbers and names".
@Suite struct NameTests {
    private static let composed = Array("caf\u{e9}".utf8)
    private static let decomposed = Array("cafe\u{301}".utf8)

    private func host(_ release: KernelRelease = .v7_2) throws -> (calls: TreeCalls, host: Host) {
        let host = try Host(release: release)
        return (TreeCalls(tree: host.computer.tree), host)
    }

    private func write(_ bytes: [UInt8], to path: String, _ calls: TreeCalls) -> String {
        do throws(Errno) {
            _ = try calls.write(calls.open(SysfsPath(path.utf8), .writeOnly), bytes, at: 0)
            return "ok"
        } catch {
            return error.name
        }
    }

    private func read(_ path: SysfsPath, _ calls: TreeCalls) throws -> [UInt8] {
        try calls.read(calls.open(path, .readOnly), at: 0, count: 1 << 20)
    }

    private func nodes(_ calls: TreeCalls) throws -> Set<[UInt8]> {
        Set(try calls.names(in: "class/zcrypt").map(\.name)).subtracting(["create", "destroy"].map { Array($0.utf8) })
    }

    @Test(arguments: KernelRelease.allCases) func nodesHaveTheBytesThatWereWritten(_ release: KernelRelease) throws {
        let (calls, host) = try host(release)
        let names: [[UInt8]] = [Self.composed, Self.decomposed, [0xff], [0xfe], [0xef, 0xbf, 0xbd], Array("\u{212b}".utf8)]
        for name in names {
            #expect(write(name, to: "class/zcrypt/create", calls) == "ok")
            #expect(write(name + [0x0a], to: "class/zcrypt/create", calls) == "EEXIST")
        }
        #expect(try nodes(calls) == Set(names))
        for name in names {
            let link = SysfsPath("class/zcrypt/".utf8 + name)
            #expect(try calls.target(of: link) == Array("../../devices/virtual/zcrypt/".utf8) + name)
            let uevent = try read(link.appending(Array("uevent".utf8)), calls)
            #expect(uevent.split(separator: 0x0a).contains { $0.elementsEqual("DEVNAME=".utf8 + name) })
            let line = "add@/devices/virtual/zcrypt/".utf8 + name + " ".utf8
            let uevents = host.computer.kernel.uevents.bytes.split(separator: 0x0a)
            #expect(uevents.count { $0.starts(with: line) } == 1)
        }
        #expect(write(Self.decomposed, to: "class/zcrypt/destroy", calls) == "ok")
        #expect(try nodes(calls) == Set(names).subtracting([Self.decomposed]))
        #expect(write(Self.decomposed, to: "class/zcrypt/destroy", calls) == "ENOENT")
        #expect(write([0xfd], to: "class/zcrypt/destroy", calls) == "ENOENT")
    }

    /// 31 bytes, which may end inside a character; what is white space then goes.
    @Test func aNameIsCutByBytes() throws {
        let (calls, host) = try host()
        defer { withExtendedLifetime(host) {} }
        let thirty = [UInt8](repeating: UInt8(ascii: "x"), count: 30)
        #expect(write(thirty + Array("\u{e9}".utf8), to: "class/zcrypt/create", calls) == "ok")
        #expect(write(thirty + [0xc3], to: "class/zcrypt/create", calls) == "EEXIST")
        #expect(write(thirty + Array("\u{a0}".utf8), to: "class/zcrypt/create", calls) == "ok")
        let thirtyOne = [UInt8(ascii: "y")] + thirty
        #expect(write(Array(thirtyOne.dropLast()) + Array("\u{a0}".utf8), to: "class/zcrypt/create", calls) == "ok")
        #expect(write(Array("c\u{e0}".utf8), to: "class/zcrypt/create", calls) == "ok")
        // of 0xc3 0xa0 the second byte is white space
        #expect(
            try nodes(calls) == [
                thirty + [0xc3], thirty + [0xc2], Array(thirtyOne.dropLast()) + [0xc2], [UInt8(ascii: "c"), 0xc3],
            ])
    }

    /// A slash that carries an accent is one too.
    @Test func slashesAreBytes() throws {
        let (calls, host) = try host()
        defer { withExtendedLifetime(host) {} }
        #expect(write(Array("a/\u{300}b".utf8), to: "class/zcrypt/create", calls) == "ok")
        #expect(try nodes(calls) == [Array("a!\u{300}b".utf8)])
    }

    @Test func guestsHaveTheBytesThatWereWritten() throws {
        let (calls, host) = try host()
        let guests = "\(Host.control)/guests"
        let names = [Self.composed, Self.decomposed, [0xff], [0xfe]]
        for name in names {
            #expect(write("start ".utf8 + name, to: guests, calls) == "ok")
            #expect(write("start ".utf8 + name, to: guests, calls) == "EEXIST")
            #expect(
                host.computer.kernel.log.bytes.split(separator: 0x0a).last?
                    .elementsEqual(
                        "apmatrix: guests: 'start ".utf8 + name + "': there is a guest '".utf8 + name + "' already".utf8)
                    == true)
        }
        #expect(write("stop ".utf8 + Self.composed, to: guests, calls) == "ok")
        #expect(write("stop ".utf8 + Self.composed, to: guests, calls) == "ENOENT")
        let lines = try read(SysfsPath(guests.utf8), calls).split(separator: 0x0a)
        #expect(lines.map { $0.prefix { $0 != 0x20 } }.map(Array.init) == [Self.decomposed, [0xff], [0xfe]])
        #expect(write("pqap ".utf8 + [0xff] + " 05.0004 off".utf8, to: guests, calls) == "ok")
        let hardware = try read(SysfsPath("\(Host.control)/hardware".utf8), calls).split(separator: 0x0a)
        #expect(hardware.last?.starts(with: "PQAP ".utf8 + [0xff] + " AQIC-off 05.0004".utf8) == true)
    }

    /// `?` and a set stand for one byte each.
    @Test func patternsOfFaultsAreBytes() throws {
        let (calls, host) = try host()
        defer { withExtendedLifetime(host) {} }
        let faults = "\(Host.control)/faults"
        for name in [Self.composed, Self.decomposed, [0xff]] { #expect(write(name, to: "class/zcrypt/create", calls) == "ok") }
        func isHit(_ name: [UInt8], by pattern: [UInt8]) -> Bool {
            #expect(write("read ".utf8 + pattern + "/apmask errno=EIO".utf8, to: faults, calls) == "ok")
            defer { #expect(write(Array("clear".utf8), to: faults, calls) == "ok") }
            #expect((try? read(SysfsPath(faults.utf8), calls))?.starts(with: "read ".utf8 + pattern) == true)
            return (try? read(SysfsPath("class/zcrypt/".utf8 + name + "/apmask".utf8), calls)) == nil
        }
        #expect(isHit(Self.composed, by: Self.composed))
        #expect(!isHit(Self.decomposed, by: Self.composed))
        #expect(isHit(Self.composed, by: Array("caf??".utf8)))
        #expect(isHit([0xff], by: Array("?".utf8)))
        #expect(isHit([0xff], by: Array("[".utf8) + [0xfe, 0xff] + Array("]".utf8)))
        #expect(!isHit([0xff], by: [0xfe]))
    }
}
