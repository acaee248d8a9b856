internal import SystemAdditions

/// The page into which an attribute shows itself: at most 4095 bytes, what is over is cut off.
///
/// Kernel: fs/sysfs/file.c, sysfs_emit_at; fs/sysfs/file.c, sysfs_kf_seq_show.
public struct Page: Sendable {
    /// The size of a page on s390, and the size that `stat` gives every attribute.
    public static let size = 4096

    /// What has been shown so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty page.
    public init() {}

    /// An empty page in the memory of a text that nobody needs any more.
    init(in memory: inout [UInt8]) {
        swap(&bytes, &memory)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Gives what has been shown away.
    mutating func take(into text: inout [UInt8]) {
        swap(&bytes, &text)
    }

    /// Appends a text, as far as it fits. It has a character for each byte (`Tree`).
    public mutating func emit(_ text: String) {
        guard !isFull else { return }
        let largest = Page.size - 1
        bytes.append(latin1: text)
        if bytes.count > largest { bytes.removeLast(bytes.count - largest) }
    }

    /// Appends bytes, as far as they fit.
    public mutating func emit(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text.prefix(room))
    }

    /// Appends without the limit of a page: for files that are not sysfs's, as debugfs has them.
    public mutating func emitUnlimited(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
    }

    /// Whether nothing more fits.
    public var isFull: Bool { room == 0 }

    private var room: Int { max(0, Page.size - 1 - bytes.count) }
}

/// What one `write(2)` hands to an attribute.
public struct Input: Sendable {
    /// What was written, at most a page of it.
    public let bytes: [UInt8]
    /// More than a page was written, and the rest is not here.
    public let isCut: Bool

    /// Takes the first page of what was written.
    public init(_ written: [UInt8]) {
        isCut = written.count > Page.size
        bytes = isCut ? Array(written.prefix(Page.size)) : written
    }

    /// Copies the first page of what was written, into memory of which nobody needs the content any more.
    init(_ written: UnsafeRawBufferPointer, in memory: inout [UInt8]) {
        var bytes: [UInt8] = []
        swap(&bytes, &memory)
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: written.prefix(Page.size)))
        self.bytes = bytes
        isCut = written.count > Page.size
    }

    /// What a C string function sees: the bytes before the first NUL.
    public var text: ArraySlice<UInt8> {
        bytes.prefix { $0 != 0 }
    }
}
