internal import SystemAdditions
internal import SystemPackage

extension FilePath {
    /// The absolute path as it is written: one that leads through a dead mount cannot be resolved.
    func absolute() -> FilePath {
        guard isRelative, let here = try? FilePath(".").resolved() else { return lexicallyNormalized() }
        return here.pushing(self).lexicallyNormalized()
    }
}

/// Everything that is in a file which somebody has named.
///
/// - Throws: `Failure`, with the name.
func contents(of name: String) throws(Failure) -> [UInt8] {
    do {
        return try FilePath(lossless: name).contents()
    } catch {
        throw Failure("\(name): \(error)")
    }
}

// MARK: - Writing

/// Writes bytes to standard output.
///
/// - Throws: `Failure`: they have not been written, or not all of them.
func emit(_ bytes: some Sequence<UInt8>) throws(Failure) {
    do {
        _ = try FileDescriptor.standardOutput.writeAll(bytes)
    } catch {
        throw Failure("standard output: \(error)\((error as? Errno)?.remedy ?? "")")
    }
}

/// Writes a line to standard error; where that is impossible there is nobody to tell.
func complain(_ line: String) {
    _ = try? FileDescriptor.standardError.writeAll("\(line)\n".losslessBytes)
}
