internal import Suggestions

/// A machine that is built in. Its name is taken wherever a machine file is; what is in it are the files of `mountpoints/machines`.
public enum NamedMachine: String, CaseIterable, Sendable {
    /// That of the recordings.
    case `default`
    /// An LPAR, with the cards of its year.
    case z15
    /// An LPAR, with the cards of its year.
    case z16
    /// An LPAR, with the cards of its year.
    case z17
    /// An LPAR with many domains.
    case linuxone
    /// A guest of z/VM.
    case zvm
    /// A secure-execution guest.
    case secureGuest = "secure-guest"
    /// A machine without AP instructions.
    case noAP = "no-ap"

    /// The text of its machine file.
    public var yaml: [UInt8] {
        switch self {
        case .default: PackageResources.default_yaml
        case .z15: PackageResources.z15_yaml
        case .z16: PackageResources.z16_yaml
        case .z17: PackageResources.z17_yaml
        case .linuxone: PackageResources.linuxone_yaml
        case .zvm: PackageResources.zvm_yaml
        case .secureGuest: PackageResources.secure_guest_yaml
        case .noAP: PackageResources.no_ap_yaml
        }
    }

    /// What it is, in a line: the comment that its file begins with.
    public var summary: String {
        String(decoding: yaml.prefix { $0 != UInt8(ascii: "\n") }.dropFirst(2), as: UTF8.self)
    }

    /// All names, for the reader of a message: `default, z15, …`.
    public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// The name that somebody has meant who mistyped it; nil where none is near.
    public static func nearest(to name: String) -> String? {
        nearestWord(to: name, among: allCases.map(\.rawValue))
    }
}
