internal import ArgumentParser
internal import FUSE
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// Which mount a command speaks to.
struct MountChoice: ParsableArguments {
    @Option(
        name: .customLong("mount"),
        help: "The mount to speak to. Default: the one the current directory is in, or the one at /sys, or the only one.")
    var path: String?

    /// The control plane of the mount.
    ///
    /// - Throws: `Failure` where there is no mount, or more than one to choose from.
    func controlFiles() throws(Failure) -> ControlFiles {
        ControlFiles(mountPoint: try mountPoint())
    }

    private func mountPoint() throws(Failure) -> String {
        // of several at one place the last one is seen
        let mounts = Set(MountTable.current().filter { $0.type == "fuse.apmatrix" }.map(\.mountPoint)).sorted()
        if let path {
            guard let resolved = FilePath.resolve(path) else { throw Failure("\(path): no such directory") }
            guard mounts.contains(resolved) else {
                throw Failure("\(path): not an apmatrix mount; mount one with 'apmatrix mount \(path)'")
            }
            return resolved
        }
        if let here = FilePath.resolve("."), let mount = mounts.first(where: { here == $0 || here.hasPrefix($0 + "/") }) {
            return mount
        }
        if mounts.contains("/sys") { return "/sys" }
        switch mounts.count {
        case 0: throw Failure("there is no apmatrix mount; make one with 'apmatrix mount DIR'")
        case 1: return mounts[0]
        default: throw Failure("there are \(mounts.count) mounts; choose one with --mount: \(mounts.joined(separator: " "))")
        }
    }
}

extension FilePath {
    /// The absolute path without links, nil where there is nothing.
    static func resolve(_ path: String) -> String? {
        (try? FilePath(path).resolved())?.string
    }
}

/// The files of a mount's control plane.
struct ControlFiles {
    let mountPoint: String

    private func path(_ name: String) -> FilePath {
        FilePath(mountPoint).appending("kernel/debug/apmatrix").appending(name)
    }

    func read(_ name: String) throws(Failure) -> [UInt8] {
        do {
            return try path(name).contents()
        } catch {
            throw explain(error, name)
        }
    }

    /// Gives a command. Where it is refused, the log says why.
    func write(_ command: String, to name: String) throws(Failure) {
        do {
            let file = try FileDescriptor.open(path(name), .writeOnly)
            _ = try file.closeAfter { try file.writeAll((command + "\n").utf8) }
        } catch let error as Errno {
            let prefix = "apmatrix: \(name): '\(command)': "
            let log = String(decoding: (try? read("log")) ?? [], as: UTF8.self)
            if let line = log.split(separator: "\n").last(where: { $0.hasPrefix(prefix) }) {
                throw Failure("\(error): \(line.dropFirst(prefix.count))")
            }
            throw explain(error, name)
        } catch {
            throw explain(error, name)
        }
    }

    private func explain(_ error: any Error, _ name: String) -> Failure {
        switch error as? Errno {
        case .ENOTCONN?: .serverIsGone(mountPoint)
        case .EACCES?: Failure("\(path(name)): permission denied; only the owner of the mount may do this")
        default: Failure("\(path(name)): \(error)")
        }
    }
}

extension Failure {
    /// Of a mount that nobody serves any more.
    static func serverIsGone(_ mountPoint: String) -> Failure {
        Failure("\(mountPoint): its server is gone; clean up: apmatrix unmount \(mountPoint.shellWord)")
    }
}
