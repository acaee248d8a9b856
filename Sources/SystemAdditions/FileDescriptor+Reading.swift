public import SystemPackage

extension FileDescriptor {
    /// Everything from here to the end.
    ///
    /// - Throws: what `read(2)` answers, but for `EINTR`: `EBADF` where it is not open for reading, `EISDIR` for a directory, and
    ///   whatever the file itself answers.
    public func readToEnd() throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        let step = 1 << 14
        while true {
            var result: Result<Int, Errno> = .success(0)
            bytes.reserveCapacity(bytes.count + step)
            bytes.append(
                contentsOf: [UInt8](unsafeUninitializedCapacity: step) { buffer, filled in
                    result = readOnce(into: UnsafeMutableRawBufferPointer(buffer))
                    filled = (try? result.get()) ?? 0
                })
            guard try result.get() > 0 else { return bytes }
        }
    }

    private func readOnce(into buffer: UnsafeMutableRawBufferPointer) -> Result<Int, Errno> {
        do {
            return .success(try read(into: buffer))
        } catch {
            return .failure(error as? Errno ?? .EIO)
        }
    }
}

extension FilePath {
    /// The text of the file; empty where it cannot be read, as that of a file of /proc that is not there.
    public var text: String {
        String(decoding: (try? contents()) ?? [], as: UTF8.self)
    }

    /// Everything that is in the file.
    ///
    /// - Throws: what `open(2)` answers (`ENOENT`, `EACCES`), and what ``SystemPackage/FileDescriptor/readToEnd()`` throws.
    public func contents() throws(Errno) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(self, .readOnly, options: .closeOnExec)
            return try file.closeAfter { try file.readToEnd() }
        } catch {
            throw error as? Errno ?? .EIO
        }
    }
}
