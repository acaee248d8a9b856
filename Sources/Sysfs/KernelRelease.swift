/// A release of Linux whose answers are given; asked wherever releases differ.
///
/// Later releases compare greater. See spec/versions.md for what differs.
public enum KernelRelease: String, CaseIterable, Comparable, Sendable {
    case v6_1 = "6.1"
    case v6_12 = "6.12"
    case v7_2 = "7.2"

    public static func < (a: KernelRelease, b: KernelRelease) -> Bool {
        a.order < b.order
    }

    private var order: Int {
        switch self {
        case .v6_1: 0
        case .v6_12: 1
        case .v7_2: 2
        }
    }
}
