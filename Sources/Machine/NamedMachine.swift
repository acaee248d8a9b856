internal import Suggestions

/// A machine that is built in. Its name is taken wherever a machine file is; what is in it are the files of `mountpoints/machines`.
public enum NamedMachine: String, CaseIterable, Sendable {
    case `default`
    case z15, z16, z17
    case linuxone
    case zvm
    case secureGuest = "secure-guest"
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
