import Glibc
import SysfsMount
import Testing
import Waiting

/// System calls on files of a mount that the FUSE module or the mount's own flags answer for us: docs/kernel/kernfs.md.
@Suite(.serialized, .bounded) struct FileCallTests {
    private static let type = "devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"
    private static let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
    private static let device = "devices/vfio_ap/matrix/" + uuid
    private static let control = "kernel/debug/apmatrix"

    /// - Returns: what has failed with what; nil: nothing.
    private func write(_ text: String, to path: String) -> Int32? {
        let file = open(path, O_WRONLY)
        guard file >= 0 else { return errno }
        defer { close(file) }
        return text.withCString { Glibc.write(file, $0, strlen($0)) } < 0 ? errno : nil
    }

    private func error(_ result: Int32) -> Int32? { result == -1 ? errno : nil }

    /// Sysfs is mounted with `noexec`, and so is this.
    @Test func nothingCanBeExecutedWhateverItsModeSays() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let path = "\(mount.path)/bus/ap/apmask"
        #expect(error(chmod(path, 0o755)) == nil)
        #expect(error(access(path, X_OK)) == EACCES)
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
        defer { free(arguments[0]) }
        var child = pid_t()
        let spawned = posix_spawn(&child, path, nil, nil, &arguments, nil)
        #expect(spawned == EACCES)
        #expect(error(access("\(mount.path)/bus/ap", X_OK)) == nil, "a directory is entered")
    }

    @Test func whatIsOpenAndGoneHasItsStatusAndItsModeCanBeChanged() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        #expect(write(Self.uuid, to: "\(mount.path)/\(Self.type)/create") == nil)
        let file = open("\(mount.path)/\(Self.device)/assign_adapter", O_WRONLY)
        try #require(file >= 0)
        defer { close(file) }
        #expect(write(Self.uuid, to: "\(mount.path)/bus/mdev/drivers/vfio_ap_mdev/unbind") == nil)
        let written = "5".withCString { Glibc.write(file, $0, 1) == -1 ? errno : 0 }
        #expect(written == ENODEV)
        var status = stat()
        let looked = error(fstat(file, &status))
        #expect(looked == nil)
        #expect(status.st_mode == S_IFREG | 0o200)
        #expect(error(ftruncate(file, 0)) == nil)
        #expect(error(fchmod(file, 0o600)) == nil)
        let lookedAgain = error(fstat(file, &status))
        #expect(lookedAgain == nil)
        #expect(status.st_mode == S_IFREG | 0o600)
    }

    /// Linux 6.3 and later send writes of several openings side by side; before, the second one waits for the first.
    @Test(.enabled(if: HostKernel.sendsWritesSideBySide)) func whoRemovesTwiceIsToldAtOnceThatItIsGone() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        for (path, text) in [
            ("\(Self.type)/create", Self.uuid), ("\(Self.control)/guests", "start-deaf mary \(Self.uuid)"),
        ] { try #require(write(text, to: "\(mount.path)/\(path)") == nil) }
        let second = open("\(mount.path)/\(Self.device)/remove", O_WRONLY)
        try #require(second >= 0)
        defer { close(second) }
        let first = TestThread("the removal ends") { [self] in
            #expect(write("1", to: "\(mount.path)/\(Self.device)/remove") == nil)
        }
        waitUntil("the removal has begun") { access("\(mount.path)/\(Self.device)/remove", F_OK) != 0 }
        let answer = waiting(for: "the second removal is answered") {
            "1".withCString { Glibc.write(second, $0, 1) } == -1 ? errno : 0
        }
        #expect(answer == ENODEV)
        #expect(write("stop mary", to: "\(mount.path)/\(Self.control)/guests") == nil)
        first.join()
    }
}

/// The Linux on which the tests run.
private enum HostKernel {
    static let sendsWritesSideBySide: Bool = {
        var name = utsname()
        uname(&name)
        let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.lexicographicallyPrecedes([6, 3]) == false
    }()
}
