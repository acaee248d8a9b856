internal import ArgumentParser
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// An open file of the control plane that only grows. The file knows how far it was read, and tells by a line `lost N` how many
/// lines it has forgotten before they were read.
final class JournalFile {
    private let file: FileDescriptor
    private let explain: (any Error) -> Failure

    /// Takes the file over.
    ///
    /// - Parameter explain: what to tell of an error of its.
    init(_ file: FileDescriptor, _ explain: @escaping (any Error) -> Failure) {
        self.file = file
        self.explain = explain
    }

    deinit {
        try? file.close()
    }

    /// The file, to be read from its end on.
    ///
    /// - Throws: `Failure`: the server is gone.
    func atEnd() throws(Failure) -> JournalFile {
        do {
            try file.seek(offset: 0, from: .end)
        } catch {
            throw explain(error)
        }
        // from here on the open file knows where it is
        _ = try next()
        return self
    }

    /// What comes next; nothing where that has not been written yet.
    ///
    /// - Throws: `Failure`: it cannot be read, or the server is gone.
    func next() throws(Failure) -> [UInt8] {
        var result: Result<Int, any Error> = .success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 17) { buffer, filled in
            result = Result { try file.read(into: UnsafeMutableRawBufferPointer(buffer)) }
            filled = (try? result.get()) ?? 0
        }
        if case .failure(let error) = result { throw explain(error) }
        return bytes
    }

    /// Waits until there is more, for as long as there is somebody to read it: nothing may be added for long.
    ///
    /// - Throws: `ExitCode` where nobody reads standard output any more.
    func waitForMore() throws(ExitCode) {
        var waits = [
            pollfd(fd: file.rawValue, events: Int16(POLLIN), revents: 0), pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
        ]
        while poll(&waits, nfds_t(waits.count), -1) < 0, errno == EINTR {}
        guard waits[1].revents != 0 else { return }
        // what a write would have come to
        raise(SIGPIPE)
        throw .failure
    }
}
