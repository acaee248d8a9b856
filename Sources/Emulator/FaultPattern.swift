internal import Kernels
internal import Suggestions
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// Which files a fault is meant for: compared with as many of the last names of a path as it has itself, or with the whole path
/// from the root where it was written with a slash in front, or with `/sys/`.
struct FaultPattern: Sendable {
    private let names: [NamePattern]
    /// Meant for the whole path only.
    private var isWhole: Bool
    /// The names with a slash in between.
    private let joined: String

    /// Takes `/sys/bus//ap/./apmask` for `/bus/ap/apmask`.
    ///
    /// - Throws: `EINVAL` where it names nothing, or goes up.
    init(_ text: String) throws(ControlError) {
        var names = text.split(separator: "/").filter { $0 != "." }
        isWhole = text.hasPrefix("/")
        if isWhole, names.first == "sys" { names.removeFirst() }
        guard !names.isEmpty else { throw ControlError(.EINVAL, "'\(text)' names no file; bus/ap/apmask does") }
        guard !names.contains("..") else {
            throw ControlError(.EINVAL, "a pattern does not go up by '..'; it is the end of a path, or all of it from /sys on")
        }
        self.names = names.map { NamePattern(String($0)) }
        joined = names.joined(separator: "/")
    }

    /// As it is compared.
    var text: String { isWhole ? "/" + joined : joined }

    /// Whether it is meant for a path, which begins with a slash.
    func matches(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard !isWhole || parts.count == names.count else { return false }
        return fileNameMatches(joined, parts.suffix(names.count).joined(separator: "/"))
    }

    /// Whether it can be meant for a file with one of the names that this one can have.
    private func meets(_ file: PossibleFile) -> Bool {
        guard !isWhole || file.names.count == names.count else { return false }
        return endMeets(file, count: names.count)
    }

    /// The same of its last names only.
    private func endMeets(_ file: PossibleFile, count: Int) -> Bool {
        guard file.names.count >= count else { return false }
        // a node may have any name: one that begins a pattern is not taken for a node that is called like a directory
        if count == names.count, !isWhole, file.path.suffix(count).first == PossibleFile.node,
            let first = names.first, PossibleFile.fixedNames.contains(first.text[...])
        {
            return false
        }
        return zip(names.reversed().prefix(count), file.names.reversed()).allSatisfy { $0.meets($1) }
    }

    /// Whether it is meant for every file that the other one can be meant for.
    func covers(_ other: FaultPattern, _ access: Access, on release: KernelRelease) -> Bool {
        PossibleFile.all.allSatisfy { file in
            guard file.allows(access, on: release), other.meets(file) else { return true }
            guard isWhole ? names.count == file.names.count : names.count <= file.names.count else { return false }
            let path = file.names.dropLast(other.names.count) + other.names
            return zip(names.reversed(), zip(path, file.names).reversed()).allSatisfy { name, other in
                name.covers(other.0) || name.covers(other.1)
            }
        }
    }

    // MARK: - What cannot be

    /// Takes the pattern to be the end of a path where that is the same.
    ///
    /// - Throws: `ENOENT`, `EACCES`, `EISDIR`, `EPERM`: no file that Linux can ever have is read or written where it says;
    ///   with what may be meant instead.
    mutating func checkPossible(_ access: Access, on release: KernelRelease) throws(ControlError) {
        let met = PossibleFile.all.filter { meets($0) }
        let files = met.filter { $0.allows(access, on: release) }
        guard files.isEmpty else {
            if isWhole, PossibleFile.all.count(where: { endMeets($0, count: names.count) }) == met.count { isWhole = false }
            return
        }
        if isControl {
            throw ControlError(.EPERM, "nothing goes wrong below kernel/debug, or else nobody could take it back")
        }
        // a node that has no name yet is none
        let named = met.filter { $0.path.last != PossibleFile.node || names.count > 1 }
        let kinds = named.compactMap { $0.kinds[release] }
        if case .file(let mode)? = kinds.first(where: { $0.isFile }) {
            let wish = access == .read ? "read" : "written"
            throw ControlError(.EACCES, "'\(text)' cannot be \(wish): its mode is 0\(String(mode.rawValue, radix: 8))")
        }
        if kinds.contains(where: { $0.isDirectory }) {
            throw ControlError(.EISDIR, "'\(text)' is a directory; a fault is for a file in it")
        }
        guard kinds.isEmpty else {
            throw ControlError(.EISDIR, "'\(text)' is a link; a fault is for a file, by the path that it really has")
        }
        if let file = named.first {
            let releases = KernelRelease.allCases.filter { file.kinds[$0] != nil }.map(\.rawValue).joined(separator: ", ")
            throw ControlError(.ENOENT, "Linux \(release.rawValue) has no '\(text)'; \(releases) has")
        }
        throw ControlError(.ENOENT, "Linux \(release.rawValue) can have no file '\(text)'\(hint(access, release))")
    }

    /// Whether it is meant for files of the control plane.
    private var isControl: Bool {
        if names.count > 2, names.prefix(2).map(\.text) == ["kernel", "debug"] { return true }
        return ControlPlane.names.contains { meets(PossibleFile(path: ["kernel", "debug", "apmatrix", $0[...]])) }
    }

    /// What may be meant: the file that has the longest part of the path, or the one of the nearest name.
    private func hint(_ access: Access, _ release: KernelRelease) -> String {
        let files = PossibleFile.all.filter { $0.allows(access, on: release) }
        for count in names.indices.reversed().map({ $0 + 1 }) {
            let shortest = files.filter { endMeets($0, count: count) }.min { $0.path.count < $1.path.count }
            guard let file = shortest else { continue }
            let path = (file.path.dropLast(count).map(String.init) + names.suffix(count).map(\.text)).joined(separator: "/")
            return "; '\(path)' it can, and a path begins there, with no link in it"
        }
        let name = names.last?.text ?? ""
        let nearest = nearestWord(to: name, among: Set(files.compactMap(\.names.last?.text)).sorted())
        return nearest.map { "; '\($0)' is one" } ?? ""
    }
}
