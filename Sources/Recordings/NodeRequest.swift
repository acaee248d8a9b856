internal import SystemAdditions
internal import SystemPackage
internal import VFS

extension NodeRequest {
    /// Reads the words of a line; nil for any other request.
    init?(_ tokens: [[UInt8]]) {
        let path = SysfsPath(tokens[1])
        func text(_ index: Int) -> String { String(latin1: tokens[index]) }
        switch (text(0), tokens.count - 1) {
        case ("hardlink", 2): self = .link(path, to: SysfsPath(tokens[2]))
        case ("mknod", 2):
            guard let kind = FileKind(rawValue: text(2)), [.file, .fifo, .character, .socket].contains(kind) else { return nil }
            self = .makeNode(path, kind)
        case ("rename2", 3):
            guard let way = RenameWay(rawValue: text(3)) else { return nil }
            self = .rename(path, to: SysfsPath(tokens[2]), way)
        case ("chown", 3):
            guard let uid = number(text(2)), let gid = number(text(3)) else { return nil }
            self = .changeOwner(path, uid: Self.id(uid), gid: Self.id(gid))
        case ("utimes", 1): self = .changeTimes(path)
        case ("exec", 1): self = .execute(path)
        case ("getxattr", 2): self = .extendedAttribute(path, tokens[2])
        case ("listxattr", 1): self = .extendedAttributes(path)
        case ("setxattr", 3): self = .setExtendedAttribute(path, tokens[2], to: tokens[3])
        case ("removexattr", 2): self = .setExtendedAttribute(path, tokens[2], to: nil)
        default: return nil
        }
    }

    /// Nil for -1, which stands for none.
    private static func id(_ number: Int) -> UInt32? {
        let id = UInt32(truncatingIfNeeded: number)
        return id == .max ? nil : id
    }
}

extension NodeOperations {
    /// Makes the call.
    ///
    /// - Throws: what it answers.
    func text(_ request: NodeRequest) throws(Errno) -> String {
        switch request {
        case .link(let path, let new): try link(path, to: new)
        case .makeNode(let path, let kind): try makeNode(path, kind)
        case .rename(let path, let new, let way): try rename(path, to: new, way)
        case .changeOwner(let path, let uid, let gid): try changeOwner(of: path, uid: uid, gid: gid)
        case .changeTimes(let path): try changeTimes(of: path)
        case .execute(let path): try execute(path)
        case .extendedAttribute(let path, let name): return try "ok " + CEscapes.quote(extendedAttribute(name, of: path))
        case .extendedAttributes(let path): return try "ok " + CEscapes.quote(extendedAttributes(of: path))
        case .setExtendedAttribute(let path, let name, let value): try setExtendedAttribute(name, of: path, to: value)
        }
        return "ok"
    }
}
