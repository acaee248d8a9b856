import DriverCore
import Emulator
import Glibc
import LockOrder
import SystemAdditions
import SystemPackage
import Testing
import VFS
import Waiting

@testable import Sysfs

/// A card that gets its driver and loses it again, over and over: nothing else in its directory changes.
///
/// `CYCLES=4194304 swift test --filter CycleTests` goes through all numbers of the directory twice, in about an hour.
@Suite(.serialized, .bounded(besides: "CYCLES")) struct CycleTests {
    private static let cycles = getenv("CYCLES").flatMap { Int(String(cString: $0)) } ?? 500

    @Test func aDriverComesAndGoesWithoutEnd() throws {
        let host = try Host()
        let card = "devices/ap/card05"
        let tree = host.computer.tree
        let calls = TreeCalls(tree: tree)
        let inode = try tree.lookUp("card05", in: tree.lookUp("ap", in: tree.lookUp("devices", in: .root).inode).inode).inode
        // the end of the first block comes in the middle, however few the cycles are
        tree.state.withLock {
            $0.directories[inode.block]?.nextSlot = Sysfs.Inode.slots - UInt32(Self.cycles * 4 % Int(Sysfs.Inode.slots))
        }
        let unbind = try calls.open("bus/ap/drivers/cex4card/unbind", .writeOnly)
        let bind = try calls.open("bus/ap/drivers/cex4card/bind", .writeOnly)
        let name = Array("card05".utf8)
        let files = ["type", "hwtype", "raw_hwtype", "depth", "modalias", "config", "online"].map { "\(card)/\($0)" }
        let texts = files.map(host.read)
        let names = try tree.entries(of: inode).map(\.name)
        for cycle in 0..<Self.cycles {
            _ = try calls.write(unbind, name, at: 0)
            _ = try calls.write(bind, name, at: 0)
            guard cycle % 50 == 0 || cycle == Self.cycles - 1 else { continue }
            let entries = try tree.entries(of: inode)
            let isAsBefore =
                try entries.map(\.name) == names && Set(entries.map(\.inode)).count == names.count
                && files.map(host.read) == texts
                && calls.target(of: "\(card)/driver") == Array("../../../bus/ap/drivers/cex4card".utf8)
                && calls.target(of: "\(card)/subsystem") == Array("../../../bus/ap".utf8)
            try #require(isAsBefore, "after \(cycle + 1) cycles \(card) is another one")
        }
    }
}
