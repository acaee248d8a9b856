internal import CLinux
internal import Glibc

/// The flags of open(2), written `O_RDWR|O_TRUNC`.
public struct OpenFlags: OptionSet, Hashable, Sendable {
    /// The bits of `fcntl.h` on this computer; they differ between architectures.
    public let rawValue: Int32

    /// Any bits, also such as have no name here.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// `O_RDONLY`; it has no bit, so every set contains it
    public static let readOnly = OpenFlags([])
    /// `O_WRONLY`
    public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    /// `O_RDWR`
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    /// `O_CREAT`
    public static let create = OpenFlags(rawValue: O_CREAT)
    /// `O_EXCL`
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    /// `O_TRUNC`
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    /// `O_APPEND`
    public static let append = OpenFlags(rawValue: O_APPEND)
    /// `O_NONBLOCK`
    public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// `O_DIRECTORY`
    public static let directory = OpenFlags(rawValue: O_DIRECTORY)
    /// `O_NOFOLLOW`
    public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    /// `O_SYNC`
    public static let synchronous = OpenFlags(rawValue: O_SYNC)
    // the C library gives these three to GNU programs only, which Swift is not
    /// `O_PATH`
    public static let path = OpenFlags(rawValue: linux_o_path)
    /// `O_DIRECT`
    public static let direct = OpenFlags(rawValue: linux_o_direct)
    /// `O_TMPFILE`; it contains `directory`.
    public static let temporaryFile = OpenFlags(rawValue: linux_o_tmpfile)

    private static let names: [Substring: OpenFlags] = [
        "O_RDONLY": .readOnly, "O_WRONLY": .writeOnly, "O_RDWR": .readWrite, "O_CREAT": .create, "O_EXCL": .exclusive,
        "O_TRUNC": .truncate, "O_APPEND": .append, "O_NONBLOCK": .nonBlocking, "O_DIRECTORY": .directory,
        "O_NOFOLLOW": .noFollow, "O_PATH": .path, "O_DIRECT": .direct, "O_SYNC": .synchronous, "O_TMPFILE": .temporaryFile,
    ]

    /// Reads names with `|` between them; nil where one is unknown. An empty text is `O_RDONLY`.
    public init?(_ text: String) {
        self = []
        for name in text.split(separator: "|") {
            guard let flag = OpenFlags.names[name] else { return nil }
            formUnion(flag)
        }
    }

    private var accessMode: Int32 { rawValue & O_ACCMODE }
    /// Whether the open file can be read.
    public var reads: Bool { accessMode == O_RDONLY || accessMode == O_RDWR }
    /// Whether the open file can be written.
    public var writes: Bool { accessMode == O_WRONLY || accessMode == O_RDWR }
    /// Whether write permission is asked for, as truncation does too.
    var needsWritePermission: Bool { accessMode != O_RDONLY || contains(.truncate) }
}

/// What access(2) asks for, written as letters: `r`, `w`, and any other for execution.
public struct AccessMode: OptionSet, Hashable, Sendable {
    /// The bits of `unistd.h`: 1 to execute, 2 to write, 4 to read; 0 asks whether the file is there.
    public let rawValue: Int32

    /// Any bits.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// `R_OK`
    public static let read = AccessMode(rawValue: R_OK)
    /// `W_OK`
    public static let write = AccessMode(rawValue: W_OK)
    /// `X_OK`
    public static let execute = AccessMode(rawValue: X_OK)

    /// Reads the letters. None at all ask whether the file is there.
    public init(_ letters: String) {
        self = []
        for letter in letters {
            formUnion(letter == "r" ? .read : letter == "w" ? .write : .execute)
        }
    }
}
