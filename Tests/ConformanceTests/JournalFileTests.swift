import DriverCore
import Emulator
import Glibc
import SysfsMount
import Testing
import Waiting

/// The files that only grow, through a mount: offsets, sizes, and waiting for more.
@Suite(.serialized, .bounded) struct JournalFileTests {
    private static let control = "kernel/debug/apmatrix"

    private func say(_ word: String, on mount: MountedComputer) {
        mount.computer.kernel.log.print(word)
    }

    private func text(_ file: Int32, at offset: Int, count: Int = 4096) -> String {
        var buffer = [UInt8](repeating: 0, count: count)
        let given = pread(file, &buffer, count, off_t(offset))
        return String(decoding: buffer.prefix(max(0, given)), as: UTF8.self)
    }

    /// - Returns: the events; nil where there are none in that time.
    private func events(_ file: Int32, milliseconds: Int32 = 0) -> Int16? {
        var wait = pollfd(fd: file, events: Int16(POLLIN | POLLPRI), revents: 0)
        return poll(&wait, 1, milliseconds) > 0 ? wait.revents : nil
    }

    @Test func whoPollsIsToldWhenThereIsMore() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let file = open("\(mount.path)/\(Self.control)/log", O_RDONLY)
        defer { close(file) }
        #expect(events(file) == nil)
        for word in ["one", "two", "three"] {
            let (waits, told) = (Event("a thread is about to poll"), Event("poll tells of '\(word)'"))
            let thread = TestThread("poll returns for '\(word)'") {
                waits.happens()
                if events(file, milliseconds: Int32(Patience.seconds) * 1000) == Int16(POLLIN) { told.happens() }
            }
            waits.wait()
            say(word, on: mount)
            told.wait()
            thread.join()
            var buffer = [UInt8](repeating: 0, count: 100)
            #expect(read(file, &buffer, 100) == word.utf8.count + 1)
            #expect(events(file) == nil)
        }
    }

    /// `tail` and `dd` find what they look for, also when the beginning is forgotten.
    @Test func offsetsAndTheSizeCountFromTheFirstLine() throws {
        let mount = try MountedComputer()
        defer { mount.unmount() }
        let path = "\(mount.path)/\(Self.control)/log"
        let file = open(path, O_RDWR)
        defer { close(file) }
        try #require(write(file, "limit 64K", 9) == 9)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        let before = Int(status.st_size)
        for number in 10_000..<40_000 { say("\(number)", on: mount) }
        #expect(lstat(path, &status) == 0)
        #expect(Int(status.st_size) == before + 30_000 * 6)
        #expect(lseek(file, -6, SEEK_END) == status.st_size - 6)
        var buffer = [UInt8](repeating: 0, count: 100)
        #expect(read(file, &buffer, 100) == 6)
        #expect(buffer.prefix(6) == Array("39999\n".utf8)[...])
        #expect(text(file, at: before + 29_000 * 6, count: 12) == "39000\n39001\n")
        let first = text(file, at: 0)
        #expect(first.hasPrefix("lost "))
        // what is behind it goes on from there
        let lost = try #require(Int(first.dropFirst(5).dropLast()))
        #expect(text(file, at: first.utf8.count, count: 6) == "\(10_000 + lost)\n")
    }

    /// Nothing of a journal is rendered or copied for a reader: one request, however much is in it, gives 128 KiB at the most.
    @Test func aReadGivesAPiece() throws {
        let mount = try MountedComputer(countsRequests: true)
        defer { mount.unmount() }
        for _ in 0..<1000 { say(String(repeating: "x", count: 999), on: mount) }
        let file = open("\(mount.path)/\(Self.control)/log", O_RDONLY)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(file, &buffer, buffer.count)
        #expect(count > 0 && count <= 1 << 17)
    }
}
