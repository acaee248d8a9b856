import Emulator
import Glibc
import SystemAdditions
internal import SystemPackage
import Testing
import Waiting

/// Names that are no UTF-8, or equal in it and yet have other bytes, by system calls: docs/RELIABILITY.md, "Numbers and names".
@Suite(.serialized, .bounded) struct NameTests {
    private static let names: [[UInt8]] = [
        Array("caf\u{e9}".utf8), Array("cafe\u{301}".utf8), [0xff], [UInt8](repeating: 0x78, count: 30) + [0xc3],
    ]

    private func names(in directory: FilePath) -> Set<[UInt8]> {
        guard let stream = directory.withPlatformString({ opendir($0) }) else { return [] }
        defer { closedir(stream) }
        var names: Set<[UInt8]> = []
        while let entry = readdir(stream) {
            names.insert(withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) })
        }
        return names
    }

    /// The errno; 0 for none.
    private func write(_ bytes: [UInt8], to path: FilePath) -> Int32 {
        let file = path.withPlatformString { open($0, O_WRONLY) }
        defer { close(file) }
        return Glibc.write(file, bytes, bytes.count) == bytes.count ? 0 : errno
    }

    @Test func theyComeAndGoAsBytes() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let zcrypt = FilePath("\(mount.path)/class/zcrypt")
        let (create, destroy) = (zcrypt.appending("create"), zcrypt.appending("destroy"))
        func isThere(_ name: [UInt8]) -> Bool {
            FilePath(bytes: zcrypt.bytes + [0x2f] + name).withPlatformString { access($0, F_OK) } == 0
        }
        for name in Self.names {
            // the kernel remembers that there is none
            #expect(!isThere(name))
            #expect(write(name, to: create) == 0)
            #expect(write(name, to: create) == EEXIST)
            #expect(isThere(name))
            let link = FilePath(bytes: zcrypt.bytes + [0x2f] + name)
            var target = [CChar](repeating: 0, count: 256)
            let count = link.withPlatformString { readlink($0, &target, target.count) }
            #expect(
                target.prefix(max(0, count)).map { UInt8(bitPattern: $0) } == Array("../../devices/virtual/zcrypt/".utf8) + name)
            #expect(write(Array("0x8".utf8), to: link.appending("apmask")) == 0)
        }
        #expect(names(in: zcrypt).isSuperset(of: Self.names))
        #expect(names(in: FilePath("\(mount.path)/devices/virtual/zcrypt")).isSuperset(of: Self.names))
        for (index, name) in Self.names.enumerated() {
            #expect(write(name, to: destroy) == 0)
            #expect(Self.names.map(isThere) == Self.names.indices.map { $0 > index })
        }
    }
}
