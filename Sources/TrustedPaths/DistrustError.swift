internal import SystemAdditions
public import SystemPackage

/// Why a directory is not used: somebody else has it in their hands, or the system refuses it. Its description says what to do.
public enum DistrustError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The directory belongs to another user, by that number.
    case owner(String, UInt32)
    /// Others may write the directory.
    case writable(String)
    /// The directory itself is a link.
    case link(String)
    /// The second path is on the way to the first, and belongs to that user, who may put another in the place of what is in it.
    case ownerOnTheWay(String, String, UInt32)
    /// The second path is on the way to the first, and others may put another in the place of what is in it.
    case writableOnTheWay(String, String)
    /// The second path is on the way to the first, and is a link that another user may have put there.
    case linkOnTheWay(String, String)
    /// What the system answered.
    case system(String, Errno)

    public var description: String {
        switch self {
        case .owner(let path, let user):
            "\(path) belongs to user \(user), who could have put anything into it; name a directory of your own, or one that is yet to be made"
        case .writable(let path):
            "\(path) can be written by others, who could put anything into it; take that away with `chmod go-w`, or name another directory"
        case .link(let path):
            "\(path) is a link; name the directory that it leads to"
        case .ownerOnTheWay(let path, let place, let user):
            "\(path) is not safe: \(place) belongs to user \(user), who could put another directory into its place; "
                + "name one in a directory of your own"
        case .writableOnTheWay(let path, let place):
            "\(path) is not safe: \(place) can be written by others, who could put another directory into its place; "
                + "take that away with `chmod go-w`, or name one elsewhere"
        case .linkOnTheWay(let path, let link):
            "\(path) is not safe: the link \(link) is another user's; name the directory that it leads to"
        case .system(let path, let error):
            "\(path): \(error)"
        }
    }
}
