internal import ArgumentParser
internal import Suggestions

/// The program as mount(8) calls it, for a line of /etc/fstab or `mount -t fuse.apmatrix SOURCE DIR`: by the name
/// mount.fuse.apmatrix, which `make install` links, or, where that is missing, through mount.fuse3 as
/// `apmatrix SOURCE DIR -o OPTIONS`.
enum MountHelper {
    private static let name = "mount.fuse.apmatrix"

    /// Whether the arguments, the program's name among them, are mount(8)'s. A word that is, or is nearly, a command has been
    /// typed by somebody.
    static func isCalled(_ arguments: [String]) -> Bool {
        if arguments.first?.split(separator: "/").last == name[...] { return true }
        let words = arguments.dropFirst()
        guard words.count >= 4, words[3] == "-o", !words[1].hasPrefix("-"), !words[2].hasPrefix("-") else { return false }
        return nearestWord(to: words[1], among: Apmatrix.commands) == nil
    }

    /// The same in words that people use, of `SOURCE DIR [-sfnv] [-o OPTIONS] [-t TYPE]`. `-v` (say more), `-n` (write no mtab)
    /// and `-s` (pass over unknown options) make no difference.
    ///
    /// - Throws: `ValidationError`: they are not of this form.
    static func words(of arguments: [String]) throws(ValidationError) -> [String] {
        var words: [String] = []
        var places: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "-h" || word == "--help" { return ["mount", "--help"] }
            if word == "-V" || word == "--version" { return ["--version"] }
            guard word.hasPrefix("-"), word != "-" else {
                places.append(word)
                continue
            }
            for letter in word.dropFirst() {
                switch letter {
                case "s", "n", "v": break
                case "f": words.append("--fake")
                case "o", "t":
                    guard let value = rest.popFirst() else { throw ValidationError("\(name): -\(letter) wants a value") }
                    let options = value.split(separator: ",").map(String.init).filter { !isForMount($0) }
                    if letter == "o", !options.isEmpty { words += ["-o", options.joined(separator: ",")] }
                default: throw ValidationError("\(name): there is no option -\(letter); it takes SOURCE DIR [-sfnv] [-o OPTIONS]")
                }
            }
        }
        guard places.count == 2 else {
            throw ValidationError(
                "\(name) takes a machine, its file or its name, or 'none', and a directory: SOURCE DIR [-sfnv] [-o OPTIONS]")
        }
        return ["mount"] + words + ["--"] + places
    }

    /// An option that says when and by whom something is mounted, not how: mount(8) passes some of them on.
    private static func isForMount(_ option: String) -> Bool {
        let name = option.prefix { $0 != "=" }
        return name.hasPrefix("x-") || name.hasPrefix("X-") || optionsForMount.contains(String(name))
    }

    private static let optionsForMount: Set = [
        "defaults", "auto", "noauto", "user", "nouser", "users", "owner", "noowner", "group", "nogroup", "fail", "nofail",
        "_netdev", "comment",
        // the kernel's default, which libfuse has no word for
        "relatime",
    ]

    /// What mount(8) understands: 1 for wrong use, 32 for a mount that failed.
    static func status(of code: ExitCode) -> Int32 {
        switch code {
        case .success: 0
        case .validationFailure: 1
        default: 32
        }
    }
}
