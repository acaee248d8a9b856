import Glibc
import SystemAdditions
import SystemPackage
import Testing
import Waiting

@testable import FUSE

/// Each kind of request, through the kernel.
@Suite(.serialized, .bounded)
struct RequestTests {
    @Test func attributesReachStat() throws {
        try withMount { mount throws in
            let status = try status(of: mount.path + "/file")
            #expect(status.mode == S_IFREG | 0o640)
            #expect(status.node == 2)
            #expect(status.uid == 11)
            #expect(status.gid == 12)
            #expect(status.size == 6)
            #expect(status.modified == Timestamp(seconds: 1_000_000_000, nanoseconds: 5))
        }
    }

    @Test func contentIsReadAndWritten() throws {
        try withMount { mount throws in
            #expect(try contentOf(mount.path + "/file") == "hello\n")
            try write("new content", to: mount.path + "/file")
            #expect(try contentOf(mount.path + "/file") == "new content")
        }
    }

    @Test func releasesFollowOpens() throws {
        try withMount { mount throws in
            _ = try contentOf(mount.path + "/file")
            mount.fileSystem.state.eventually("nothing is open any more") { $0.openDescriptors == 0 }
        }
    }

    @Test func errorOfAWriteReachesTheWriter() throws {
        try withMount { mount throws in
            #expect(throws: Errno.ENOSPC) { try write("full", to: mount.path + "/file") }
            #expect(try contentOf(mount.path + "/file") == "")
        }
    }

    @Test func linkLeadsToItsTarget() throws {
        try withMount { mount throws in
            #expect(try contentOf(mount.path + "/link") == "hello\n")
            var target = [CChar](repeating: 0, count: 64)
            #expect(readlink(mount.path + "/link", &target, 64) == 4)
            #expect(target.prefix(4).elementsEqual("file".utf8CString.prefix(4)))
        }
    }

    @Test(arguments: [true, false])
    func listingsAreWhole(plus: Bool) throws {
        try withMount(MemoryFileSystem(bringsEntriesAlong: plus)) { mount throws in
            #expect(Set(namesIn(mount.path + "/many")) == Set(MemoryFileSystem.many + [".", ".."]))
            #expect(namesIn(mount.path + "/empty") == [".", ".."])
            let looked = mount.fileSystem.state.withLock { $0.lookups[MemoryFileSystem.many[7]] }
            #expect(looked == nil)
            // A listing that brings entries along saves the lookup afterwards.
            #expect(exists(mount.path + "/many/" + MemoryFileSystem.many[7]))
            let lookups = mount.fileSystem.state.withLock { $0.lookups[MemoryFileSystem.many[7]] }
            #expect(lookups == (plus ? nil : 1))
        }
    }

    @Test func missingNamesAreRemembered() throws {
        try withMount { mount throws in
            #expect(!exists(mount.path + "/nothing"))
            #expect(!exists(mount.path + "/nothing"))
            #expect(mount.fileSystem.state.withLock { $0.lookups["nothing"] } == 1)
        }
    }

    @Test func statisticsReachStatfs() throws {
        try withMount { mount throws in
            var status = statvfs()
            #expect(statvfs(mount.path, &status) == 0)
            #expect(status.f_blocks == 1234)
            #expect(status.f_bsize == 512)
            #expect(status.f_files == 77)
        }
    }

    @Test func changesOfAttributesArrive() throws {
        try withMount { mount throws in
            let path = mount.path + "/file"
            #expect(errorOf { chmod(path, 0o600) } == .EROFS)
            #expect(mount.fileSystem.state.withLock { $0.change?.mode }.map { $0 & 0o777 } == 0o600)
            #expect(errorOf { chown(path, 5, 6) } == nil)
            #expect(mount.fileSystem.state.withLock { $0.change?.uid } == 5)
            #expect(mount.fileSystem.state.withLock { $0.change?.gid } == 6)
            #expect(errorOf { truncate(path, 3) } == nil)
            #expect(mount.fileSystem.state.withLock { $0.change?.size } == 3)
            let times = [timespec(tv_sec: 9, tv_nsec: 8), timespec(tv_sec: 7, tv_nsec: 6)]
            #expect(errorOf { utimensat(AT_FDCWD, path, times, 0) } == nil)
            let change = mount.fileSystem.state.withLock { $0.change }
            #expect(change?.accessed == .at(Timestamp(seconds: 9, nanoseconds: 8)))
            #expect(change?.modified == .at(Timestamp(seconds: 7, nanoseconds: 6)))
            #expect(errorOf { utimensat(AT_FDCWD, path, nil, 0) } == nil)
            #expect(mount.fileSystem.state.withLock { $0.change?.modified } == .now)
        }
    }

    @Test func changesOfNamesAreAnsweredByTheFileSystem() throws {
        try withMount { mount throws in
            let new = mount.path + "/new"
            let file = mount.path + "/file"
            #expect(errorOf { mkdir(new, 0o755) } == .ENOSPC)
            #expect(errorOf { mknod(new, S_IFIFO | 0o600, 0) } == .EDQUOT)
            #expect(errorOf { open(new, O_CREAT | O_WRONLY, 0o600) } == .EACCES)
            #expect(errorOf { symlink("target", new) } == .ENAMETOOLONG)
            #expect(errorOf { Glibc.link(file, new) } == .EMLINK)
            #expect(errorOf { unlink(file) } == .EBUSY)
            #expect(errorOf { rmdir(mount.path + "/empty") } == .ENOTEMPTY)
            #expect(errorOf { rename(file, new) } == .EXDEV)
            #expect(mount.fileSystem.state.withLock { $0.renameFlags } == 0)
            #expect(errorOf { SystemCalls.exchange(file, mount.path + "/link") } == .EXDEV)
            #expect(mount.fileSystem.state.withLock { $0.renameFlags } == 2)
        }
    }

    @Test func extendedAttributes() throws {
        try withMount { mount throws in
            let path = mount.path + "/file"
            var value = [UInt8](repeating: 0, count: 16)
            #expect(SystemCalls.getxattr(path, "user.colour", nil, 0) == 4)
            #expect(SystemCalls.getxattr(path, "user.colour", &value, 16) == 4)
            #expect(value.prefix(4).elementsEqual("blue".utf8))
            #expect(errorOf { Int32(SystemCalls.getxattr(path, "user.colour", &value, 2)) } == .ERANGE)
            #expect(errorOf { Int32(SystemCalls.getxattr(path, "user.shape", &value, 16)) } == .ENODATA)
            #expect(SystemCalls.listxattr(path, nil, 0) == 12)
            #expect(errorOf { SystemCalls.setxattr(path, "user.colour", "red", 3, 0) } == .E2BIG)
            #expect(errorOf { SystemCalls.removexattr(path, "user.colour") } == .ENOBUFS)
        }
    }

    @Test func requestsWithoutAnAnswerOfTheirOwnAreNotImplemented() throws {
        final class Bare: FileSystem {}
        let path = try makeDirectory()
        defer { rmdir(path) }
        let session = try Session(fileSystem: Bare(), options: MountOptions())
        try session.mount(at: path)
        let run = Background { try? session.run() }
        #expect(errorOf { access(path + "/name", F_OK) } == .ENOSYS)
        session.stop()
        _ = run.value()
    }
}

struct Status {
    let mode: UInt32
    let node: UInt
    let uid: UInt32
    let gid: UInt32
    let size: Int
    let modified: Timestamp
}

func status(of path: String) throws -> Status {
    var status = stat()
    try #require(lstat(path, &status) == 0)
    return Status(
        mode: status.st_mode, node: status.st_ino, uid: status.st_uid, gid: status.st_gid, size: status.st_size,
        modified: Timestamp(status.st_mtim))
}
