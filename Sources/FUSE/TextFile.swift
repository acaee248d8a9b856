internal import Glibc

enum TextFile {
    /// The content of a file; empty where it cannot be read.
    static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        return read(descriptor)
    }

    /// What is left to read of an open file.
    static func read(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        let step = 16384
        while true {
            var count = 0
            bytes.reserveCapacity(bytes.count + step)
            let chunk = [UInt8](unsafeUninitializedCapacity: step) { buffer, initialized in
                repeat {
                    count = Glibc.read(descriptor, buffer.baseAddress, step)
                } while count < 0 && errno == EINTR
                initialized = max(count, 0)
            }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk)
        }
    }
}
