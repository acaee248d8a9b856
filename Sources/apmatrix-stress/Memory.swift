internal import Glibc
internal import SystemPackage

/// How much of the machine's memory the process has.
enum Memory {
    /// VmRSS in kilobytes; 0 where /proc does not say it.
    static var resident: Int {
        for line in SystemCall.read("/proc/self/status").text.split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return 0
    }
}

/// System calls on files, as a shell does them. No process that is started meanwhile gets them: it would keep a mount busy.
enum SystemCall {
    struct Answer {
        var text = ""
        var error: Errno?
    }

    /// `echo TEXT > PATH`
    static func write(_ path: String, _ text: String) -> Answer {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return Answer(error: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        var bytes = text
        let count = bytes.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        return count >= 0 ? Answer() : Answer(error: Errno(rawValue: errno))
    }

    /// `ls -l PATH`; the text is empty.
    static func list(_ path: String) -> Answer {
        guard let directory = opendir(path) else { return Answer(error: Errno(rawValue: errno)) }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            var status = stat()
            // what has gone meanwhile is not there
            withUnsafePointer(to: &entry.pointee.d_name.0) { _ = fstatat(dirfd(directory), $0, &status, AT_SYMLINK_NOFOLLOW) }
        }
        return Answer()
    }

    /// `cat PATH`
    static func read(_ path: String) -> Answer {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return Answer(error: Errno(rawValue: errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { return Answer(error: Errno(rawValue: errno)) }
            guard count > 0 else { return Answer(text: String(decoding: bytes, as: UTF8.self)) }
            bytes += buffer[..<count]
        }
    }
}
