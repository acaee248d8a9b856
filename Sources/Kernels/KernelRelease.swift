/// A release of Linux whose answers are given. Later releases compare greater.
///
/// Code that behaves in another way with another release does not compare releases: it asks for a `KernelDifference` by its name.
public enum KernelRelease: String, CaseIterable, Comparable, Sendable {
    /// A longterm release, the oldest that is known.
    case v6_1 = "6.1"
    /// A longterm release, as it was in 6.12.107; later builds have what the differences say of them.
    case v6_12 = "6.12"
    /// The release that a `Computer` boots unless it is told another.
    case v7_2 = "7.2"

    /// The build whose answers are given.
    public var build: String {
        switch self {
        case .v6_1: "6.1.192"
        case .v6_12: "6.12.107"
        case .v7_2: "7.2.13"
        }
    }

    /// The latest release that is known.
    @inlinable public static var latest: KernelRelease { .v7_2 }

    @inlinable
    public static func < (a: KernelRelease, b: KernelRelease) -> Bool {
        a.order < b.order
    }

    @usableFromInline var order: Int {
        @inlinable get {
            switch self {
            case .v6_1: 0
            case .v6_12: 1
            case .v7_2: 2
            }
        }
    }
}
