internal import CLinux
internal import Glibc
internal import SystemPackage

/// A process of the program `apmatrix` that serves a mount, seen from outside.
final class ServerProcess {
    /// The release that it is.
    let release: String
    /// The mount point, absolute.
    let path: String
    private let identifier: pid_t
    private let program: String

    /// What /proc says of it.
    struct Size {
        /// VmRSS in kilobytes.
        var memory = 0
        var threads = 0
        var descriptors = 0

        mutating func raise(to other: Size) {
            memory = max(memory, other.memory)
            threads = max(threads, other.threads)
            descriptors = max(descriptors, other.descriptors)
        }
    }

    /// Mounts a machine in a new directory below /tmp, and returns when it answers.
    ///
    /// - Parameter machine: the text of its file.
    /// - Throws: `Failure` where that does not succeed; nothing is left then.
    init(_ program: String, release: String, machine: String) throws(Failure) {
        self.program = program
        self.release = release
        var template = Array("/tmp/apmatrix-soak-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("/tmp: \(Errno(rawValue: errno))") }
        let directory = String(cString: made)
        path = directory
        let file = directory + ".yaml"
        defer { unlink(file) }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        var text = machine
        let isWritten = text.withUTF8 { write(descriptor, $0.baseAddress, $0.count) == $0.count }
        close(descriptor)
        guard isWritten else { throw Failure("\(file) cannot be written") }
        guard let child = Self.start(program, ["mount", "-f", "--kernel", release, file, directory]) else {
            rmdir(directory)
            throw Failure("\(program) cannot be started")
        }
        identifier = child
        let end = ContinuousClock.now + .seconds(Bounds.secondsOfServers)
        while access(directory + "/kernel/debug/apmatrix/machine", F_OK) != 0 {
            guard waitpid(child, nil, WNOHANG) == 0, ContinuousClock.now < end else {
                killNow()
                throw Failure("\(program) mount --kernel \(release): no mount")
            }
            sleep(milliseconds: 5)
        }
    }

    /// - Returns: the process ID; nil where it cannot be started.
    private static func start(_ program: String, _ words: [String]) -> pid_t? {
        let arguments = ([program] + words).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        return posix_spawn(&child, program, nil, nil, arguments + [nil], environ) == 0 ? child : nil
    }

    // MARK: - Looking

    /// Whether it still runs.
    var isAlive: Bool { waitpid(identifier, nil, WNOHANG) == 0 }

    /// Nil where it has ended.
    var size: Size? {
        guard isAlive else { return nil }
        var size = Size()
        for line in SystemCall.read("/proc/\(identifier)/status").text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 1, let number = Int(words[1]) else { continue }
            if words[0] == "VmRSS:" { size.memory = number }
            if words[0] == "Threads:" { size.threads = number }
        }
        size.descriptors = names(in: "/proc/\(identifier)/fd").count
        return size
    }

    // MARK: - Working

    /// Writes a command to a file of its control plane.
    @discardableResult
    func command(_ file: String, _ text: String) -> SystemCall.Answer {
        SystemCall.write("\(path)/kernel/debug/apmatrix/\(file)", text)
    }

    func text(of file: String) -> String { SystemCall.read("\(path)/\(file)").text }

    // MARK: - Its end

    /// Unmounts, and waits for the end of the process.
    ///
    /// - Returns: what is wrong with that; afterwards nothing is left in any case.
    func unmount() -> [String] {
        var faults: [String] = []
        let answer = unmountStatus([])
        if answer != 0 { faults.append("\(release): 'unmount' has ended with \(answer)") }
        // a mount namespace that somebody has made meanwhile has a copy of the mount, and would be served on
        kill(identifier, SIGTERM)
        var status: Int32 = 0
        let end = ContinuousClock.now + .seconds(Bounds.secondsOfServers)
        while waitpid(identifier, &status, WNOHANG) == 0 {
            guard ContinuousClock.now < end else {
                faults.append("\(release): the server has not ended \(Bounds.secondsOfServers) seconds after the unmount")
                killNow()
                return faults
            }
            sleep(milliseconds: 5)
        }
        if status != 0 { faults.append("\(release): the server has ended with wait status \(status)") }
        rmdir(path)
        return faults
    }

    /// - Returns: the exit status of `apmatrix unmount`.
    private func unmountStatus(_ options: [String]) -> Int32 {
        guard let child = Self.start(program, ["unmount"] + options + [path]) else { return -1 }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        return linux_exit_status(status)
    }

    /// Kills it, and takes the mount away.
    func killNow() {
        kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
        // cleans up after a server that was killed; refused where there is no mount
        _ = unmountStatus(["--lazy"])
        rmdir(path)
    }
}

/// Why there is nothing to soak.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
