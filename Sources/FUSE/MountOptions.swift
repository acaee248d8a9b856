/// How a file system is mounted: the `-o` options.
public struct MountOptions: Hashable, Sendable {
    /// Others than the mounting user may use it. Where that is not root, `/etc/fuse.conf` has to allow it.
    public var allowOther = false
    /// The kernel refuses every change with `EROFS` (`ro`).
    public var readOnly = false
    /// The kernel checks the permissions by mode, user and group.
    public var defaultPermissions = true
    /// Libfuse prints each request.
    public var debug = false
    /// The mount point may hold files and may be a mount point already.
    public var nonEmpty = false
    /// The owner of the nodes; for the file system to obey.
    public var uid: UInt32?
    /// The group of the nodes; for the file system to obey.
    public var gid: UInt32?
    /// The source shown in the mount table.
    public var fsname: String?
    /// The type shown in the mount table is `fuse.` and this.
    public var subtype: String?
    /// Options that are passed to libfuse as they are.
    public var others: [String] = []

    /// What a mount without `-o` has: it can be written, the kernel checks permissions, and only the mounting user may use it.
    public init() {}

    /// Reads the values of `-o`, each a comma separated list such as `ro,uid=1000`; later options win.
    /// - Throws: ``MountError/invalidOption(_:reason:)`` for a value that is missing or not wanted, and for a `uid` or `gid` that
    ///   is no number from 0 to 4294967294. Options that are not known here go into ``others``, for libfuse to judge.
    public init(_ commaSeparated: [String]) throws(MountError) {
        for option in commaSeparated.flatMap({ Self.split($0) }) where !option.isEmpty {
            try apply(option)
        }
    }

    /// Splits at commas; a backslash takes the meaning from the character that follows.
    static func split(_ list: String) -> [String] {
        var options = [String.UnicodeScalarView()]
        var isEscaped = false
        for character in list.unicodeScalars {
            if isEscaped {
                options[options.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                options.append(String.UnicodeScalarView())
            } else {
                options[options.count - 1].append(character)
            }
        }
        return options.map { String($0) }
    }

    private mutating func apply(_ option: String) throws(MountError) {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first ?? ""
        let value = parts.count == 2 ? String(parts[1]) : nil
        switch (name, value) {
        case ("allow_other", nil): allowOther = true
        case ("ro", nil): readOnly = true
        case ("rw", nil): readOnly = false
        case ("default_permissions", nil): defaultPermissions = true
        case ("no_default_permissions", nil): defaultPermissions = false
        case ("debug", nil): debug = true
        case ("nonempty", nil): nonEmpty = true
        case ("uid", let value): uid = try Self.number(value, option)
        case ("gid", let value): gid = try Self.number(value, option)
        case ("fsname", let value?) where !value.isEmpty: fsname = value
        case ("subtype", let value?) where !value.isEmpty: subtype = value
        case ("fsname", _), ("subtype", _):
            throw .invalidOption(option, reason: "it needs a value")
        case ("allow_other", _), ("ro", _), ("rw", _), ("default_permissions", _), ("no_default_permissions", _),
            ("debug", _), ("nonempty", _):
            throw .invalidOption(option, reason: "it takes no value")
        default: others.append(option)
        }
    }

    private static func number(_ value: String?, _ option: String) throws(MountError) -> UInt32 {
        // 2^32 - 1 stands for "no id" in the kernel.
        guard let value, let number = UInt32(value), number != .max else {
            throw .invalidOption(option, reason: "it needs a number from 0 to 4294967294")
        }
        return number
    }

    /// The arguments for libfuse.
    var arguments: [String] {
        var options: [String] = []
        if allowOther { options.append("allow_other") }
        if readOnly { options.append("ro") }
        if defaultPermissions { options.append("default_permissions") }
        if debug { options.append("debug") }
        if let fsname { options.append("fsname=\(fsname)") }
        if let subtype { options.append("subtype=\(subtype)") }
        return (options + others).flatMap { ["-o", Self.escape($0)] }
    }

    private static func escape(_ option: String) -> String {
        // a comma with an accent behind it is one character, and libfuse sees the comma
        option.unicodeScalars.map { $0 == "," || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    }
}
