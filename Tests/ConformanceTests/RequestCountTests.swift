import Emulator
import Glibc
import SysfsMount
import Testing
import Waiting

/// What system calls cost, in requests that reach the server: exact where microseconds are not.
@Suite(.serialized, .bounded) struct RequestCountTests {
    /// What `body` has sent, without the background's RELEASE, which comes when it comes.
    private func requests(_ mount: MountedComputer, _ body: () -> Void) -> [String: Int] {
        let before = mount.fileSystem.requestCounts
        body()
        var counts = mount.fileSystem.requestCounts
        for (request, count) in before { counts[request, default: 0] -= count }
        counts["RELEASE"] = nil
        return counts.filter { $0.value != 0 }
    }

    private func readToTheEnd(_ path: String) {
        let file = open(path, O_RDONLY)
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(file, &buffer, buffer.count) > 0 {}
        close(file)
    }

    private func write(_ text: String, to path: String) {
        let file = open(path, O_WRONLY | O_TRUNC)
        _ = text.withCString { Glibc.write(file, $0, strlen($0)) }
        close(file)
    }

    private func list(_ path: String) {
        guard let directory = opendir(path) else { return }
        while readdir(directory) != nil {}
        closedir(directory)
    }

    private func isListed(_ name: String, in path: String) -> Bool {
        guard let directory = opendir(path) else { return false }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            if withUnsafeBytes(of: &entry.pointee.d_name, { name.utf8.elementsEqual($0.prefix { $0 != 0 }) }) { return true }
        }
        return false
    }

    /// What a system call has failed with; nil: it has not failed.
    private func error(_ result: some BinaryInteger) -> Int32? {
        result == -1 ? errno : nil
    }

    @Test func systemCallsSendAsFewRequestsAsTheyCan() throws {
        let mount = try MountedComputer(countsRequests: true)
        defer { mount.unmount() }
        let attribute = mount.path + "/bus/ap/config_time"
        let link = mount.path + "/bus/ap/devices/card05"
        let directory = mount.path + "/devices/ap/card05"
        var status = stat()
        var target = [CChar](repeating: 0, count: 4096)
        // what is asked once and then known
        readToTheEnd(attribute)
        write("30", to: attribute)
        list(directory)
        lstat(attribute, &status)
        lstat(link, &status)
        lstat(directory, &status)
        readlink(link, &target, target.count)

        #expect(requests(mount) { lstat(directory, &status) }.isEmpty)
        #expect(requests(mount) { lstat(attribute, &status) }.isEmpty)
        #expect(requests(mount) { readlink(link, &target, target.count) }.isEmpty)
        #expect(requests(mount) { list(directory) }.isEmpty)
        #expect(requests(mount) { readToTheEnd(attribute) } == ["OPEN": 1, "READ": 2])
        #expect(requests(mount) { write("31", to: attribute) } == ["OPEN": 1, "WRITE": 1])
    }

    /// Names and links are cached for ever, and yet nobody ever sees an old one.
    @Test func theVeryNextSystemCallSeesAChange() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
        let matrix = mount.path + "/devices/vfio_ap/matrix"
        let mdev = matrix + "/" + uuid
        var status = stat()
        for _ in 0..<20 {
            #expect(error(lstat(mdev, &status)) == ENOENT)
            write(uuid, to: matrix + "/mdev_supported_types/vfio_ap-passthrough/create")
            #expect(lstat(mdev + "/assign_adapter", &status) == 0)
            #expect(status.st_size == 4096)
            lstat(matrix, &status)
            #expect(status.st_nlink == 4)
            write("1", to: mdev + "/remove")
            #expect(error(lstat(mdev, &status)) == ENOENT)
            lstat(matrix, &status)
            #expect(status.st_nlink == 3)
        }
    }

    /// A read changes something where it finds no queue to ask: it scans.
    @Test func theVeryNextSystemCallSeesWhatAReadHasChanged() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let devices = mount.path + "/devices/ap"
        var status = stat()
        write("0", to: devices + "/card06/online")
        for (change, isThere) in [("adapter 07 type=CEX8A", true), ("adapter 07 unplug", false)] {
            #expect(isListed("card07", in: devices) != isThere)
            #expect((lstat(devices + "/card07", &status) == 0) != isThere)
            write(change, to: mount.path + "/kernel/debug/apmatrix/machine")
            readToTheEnd(devices + "/card06/serialnr")
            #expect(isListed("card07", in: devices) == isThere)
            #expect((lstat(devices + "/card07", &status) == 0) == isThere)
        }
    }

    @Test func anOpenFileOutlivesItsDevice() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let uuid = "69904b8e-2a56-4c2a-a5cb-d2bcc8a1e7a1"
        let matrix = mount.path + "/devices/vfio_ap/matrix"
        write(uuid, to: matrix + "/mdev_supported_types/vfio_ap-passthrough/create")
        write("5", to: matrix + "/" + uuid + "/assign_adapter")
        let file = open(matrix + "/" + uuid + "/matrix", O_RDONLY)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 2)
        #expect(read(file, &buffer, 2) == 2)
        write("1", to: matrix + "/" + uuid + "/remove")
        // what was shown before is still there, then the device is gone
        #expect(read(file, &buffer, 2) == 2)
        #expect(buffer == Array(".\n".utf8))
        #expect(error(read(file, &buffer, 2)) == ENODEV)
        #expect(error(pread(file, &buffer, 2, 0)) == ENODEV)
    }
}
