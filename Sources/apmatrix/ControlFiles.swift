internal import ArgumentParser
internal import FUSE
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// Which mount a command speaks to.
struct MountChoice: ParsableArguments {
    @Option(
        name: .customLong("mount"),
        help: ArgumentHelp(
            """
            The mount to speak to, or a path in it. Default: the one the current directory is in, or the one at /sys, or the \
            only one.
            """,
            valueName: "path"))
    var path: String?

    /// The control plane of the mount.
    ///
    /// - Throws: `Failure` where there is no mount, or more than one to choose from.
    func controlFiles() throws(Failure) -> ControlFiles {
        ControlFiles(mountPoint: try mountPoint())
    }

    private func mountPoint() throws(Failure) -> FilePath {
        let machines = try MountedMachines()
        if let path { return try machines.machine(named: path) }
        if let here = try? FilePath(".").resolved(), let mount = machines.machine(around: here) { return mount }
        if machines.places.contains("/sys") { return "/sys" }
        switch machines.places.count {
        case 0: throw Failure("there is no apmatrix mount; make one: \(MountedMachines.newMount)")
        case 1: return machines.places[0]
        default:
            let names = machines.places.map(\.lossless.shellWord).joined(separator: " ")
            throw Failure("there are \(machines.places.count) mounts; choose one with --mount: \(names)")
        }
    }
}

/// The files of a mount's control plane.
struct ControlFiles {
    let mountPoint: FilePath
    /// The device number of the mount; nil where that cannot be known.
    private let device: String?

    init(mountPoint: FilePath) {
        self.mountPoint = mountPoint
        device = MountTable.current().last { $0.mountPoint == mountPoint }?.device
    }

    private func path(_ name: String) -> FilePath {
        mountPoint.appending("kernel/debug/apmatrix").appending(name)
    }

    /// The content of one of the files.
    ///
    /// - Throws: `Failure`: it cannot be read, or the server is gone; with what to do about it.
    func read(_ name: String) throws(Failure) -> [UInt8] {
        do {
            return try path(name).contents()
        } catch {
            throw explain(error, name)
        }
    }

    /// Opens one of the files that only grow.
    ///
    /// - Throws: as `read`.
    func openJournal(_ name: String) throws(Failure) -> JournalFile {
        do {
            return JournalFile(try FileDescriptor.open(path(name), .readOnly, options: .closeOnExec)) {
                hasGone($0) ? .mountIsGone(mountPoint.lossless) : explain($0, name)
            }
        } catch {
            throw explain(error, name)
        }
    }

    /// Gives a command, as a line of one of the files.
    ///
    /// - Returns: what the log says of it where it was taken but there was nothing to do.
    /// - Throws: `Failure`: it was refused, with the reason from the log; it cannot be written, or the server is gone.
    @discardableResult func write(_ command: String, to name: String) throws(Failure) -> String? {
        let log = try? openJournal("log").atEnd()
        func remark() -> String? {
            let prefix = "apmatrix: \(name): '\(command)': ".losslessBytes
            var news: [UInt8] = []
            while let more = try? log?.next(), !more.isEmpty { news += more }
            let line = news.split(separator: UInt8(ascii: "\n")).last { $0.starts(with: prefix) }
            return line.map { String(lossless: $0.dropFirst(prefix.count)) }
        }
        do {
            let file = try FileDescriptor.open(path(name), .writeOnly)
            _ = try file.closeAfter { try file.writeAll((command + "\n").losslessBytes) }
            return remark()
        } catch let error as Errno {
            if let remark = remark() { throw Failure("\(error): \(remark)") }
            throw explain(error, name)
        } catch {
            throw explain(error, name)
        }
    }

    /// Whether the mount has been taken away, of which an open file learns by its connection's end. Whoever ends a server or cuts its
    /// connection takes the mount away, but not in the same moment: it has a second.
    private func hasGone(_ error: any Error) -> Bool {
        guard let device, [Errno.ENOTCONN, .ECONNABORTED].contains(error as? Errno) else { return false }
        // it tells by an event of changes since it was opened
        var table = pollfd(fd: open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), events: Int16(POLLPRI), revents: 0)
        defer { close(table.fd) }
        let end = ContinuousClock.now + .seconds(1)
        while MountTable.current().contains(where: { $0.mountPoint == mountPoint && $0.device == device }) {
            guard ContinuousClock.now < end else { return false }
            poll(&table, 1, 100)
        }
        return true
    }

    private func explain(_ error: any Error, _ name: String) -> Failure {
        switch error as? Errno {
        case .ENOTCONN?, .ECONNABORTED?: .serverIsGone(mountPoint.lossless)
        case .EACCES?: Failure("\(path(name).lossless): permission denied; only the owner of the mount may do this")
        case .E2BIG?: Failure("\(path(name).lossless): a command has at most 4096 bytes")
        default: Failure("\(path(name).lossless): \(error)")
        }
    }
}

extension Failure {
    /// Of a mount that somebody has taken away meanwhile.
    static func mountIsGone(_ mountPoint: String) -> Failure {
        Failure("\(mountPoint): the mount is gone, and its machine with it")
    }

    /// Of a mount that nobody serves any more.
    static func serverIsGone(_ mountPoint: String) -> Failure {
        Failure("\(mountPoint): its server is gone; clean up: apmatrix unmount \(mountPoint.shellWord)")
    }
}
