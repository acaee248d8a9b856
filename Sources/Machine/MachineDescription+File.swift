internal import CLinux
internal import Glibc
internal import SystemAdditions
internal import SystemPackage

extension MachineDescription {
    /// The machine of a file, or the built-in one of that name; without either, the default machine.
    ///
    /// A file is a regular file, or a pipe that this process has open already: /dev/stdin, or what a shell makes of `<(…)`. One that has
    /// the name of a built-in machine is meant by another path, `./z16`.
    ///
    /// - Parameter file: its path, or the name (`NamedMachine`); one that is not UTF-8 as a text of which the bytes can be had (`String.init(lossless:)`).
    /// - Throws: why the file cannot be read, that it is no file or longer than 4 MB, or all that is wrong in it.
    public init(file: String?) throws(MachineDescriptionError) {
        guard let file else {
            self = .default
            return
        }
        try self.init(yaml: try Self.text(of: file), file: file)
    }

    /// The text of a machine file, which a pipe gives once, or of the built-in machine of that name.
    ///
    /// - Throws: why the file cannot be read, that it is no file or longer than 4 MB.
    package static func text(of file: String) throws(MachineDescriptionError) -> [UInt8] {
        if let machine = NamedMachine(rawValue: file) { return machine.yaml }
        return try contents(of: file)
    }
}

private func contents(of file: String) throws(MachineDescriptionError) -> [UInt8] {
    func wrong(_ problem: String) -> MachineDescriptionError { MachineDescriptionError(file: file, problem) }
    var status = stat()
    // to open a device may do something to it; held like this it is only looked at, and cannot become another file
    let held = file.withLosslessCString { open($0, linux_o_path | O_CLOEXEC) }
    guard held >= 0, fstat(held, &status) == 0 else { throw unreadable(file, Errno(rawValue: errno)) }
    defer { close(held) }
    if let kind = kind(status), kind != .fifo { throw wrong(kind.problem) }
    do {
        // a FIFO that nobody writes to keeps nobody waiting
        let descriptor = try FileDescriptor.open(
            FilePath("/proc/self/fd/\(held)"), .readOnly, options: [.closeOnExec, .nonBlocking])
        defer { try? descriptor.close() }
        guard fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        if let kind = kind(status) {
            guard kind == .fifo, isWithoutName(descriptor) else { throw wrong(kind.problem) }
            // its writer may not have begun
            guard fcntl(descriptor.rawValue, F_SETFL, 0) == 0 else { throw Errno(rawValue: errno) }
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= YAMLComposer.mostBytes else {
                throw wrong("is longer than \(YAMLComposer.mostBytes >> 20) MB, the most that a machine file may be")
            }
        }
    } catch let error as MachineDescriptionError {
        throw error
    } catch {
        throw unreadable(file, error)
    }
}

private func unreadable(_ file: String, _ error: any Error) -> MachineDescriptionError {
    if error as? Errno == .noSuchFileOrDirectory, let nearest = NamedMachine.nearest(to: file) {
        return MachineDescriptionError(file: file, "\(error), and no built-in machine; did you mean '\(nearest)'?")
    }
    return MachineDescriptionError(
        file: file, "\(error); give a machine file that can be read, or a built-in machine: \(NamedMachine.names)")
}

/// What is not a file although it has a name.
private enum Kind: String {
    case directory = "a directory"
    case characterDevice = "a character device"
    case blockDevice = "a block device"
    case fifo = "a FIFO"
    case socket = "a socket"

    var problem: String { "is \(rawValue), not a file" }
}

/// Nil for a regular file.
private func kind(_ status: stat) -> Kind? {
    switch status.st_mode & S_IFMT {
    case S_IFDIR: .directory
    case S_IFCHR: .characterDevice
    case S_IFBLK: .blockDevice
    case S_IFIFO: .fifo
    case S_IFSOCK: .socket
    default: nil
    }
}

/// Whether it is a pipe, not a FIFO in a directory.
private func isWithoutName(_ descriptor: FileDescriptor) -> Bool {
    var target = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/self/fd/\(descriptor.rawValue)", &target, target.count)
    return String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self).hasPrefix("pipe:[")
}
