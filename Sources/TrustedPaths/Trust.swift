internal import Glibc
internal import SystemAdditions
internal import SystemPackage

/// Whose hands on a directory do no harm to the one who runs this: root's, who can do everything anyway, and their own.
struct Trust {
    /// The effective user.
    let user: UInt32
    /// The number that the owner of a file has whom this user namespace does not know; nil where it knows all. Root is among those.
    private let unknown: UInt32?
    /// Whether numbers of users and groups are those of /etc/passwd and /etc/group.
    private let numbersAreTheSystems: Bool

    /// Who runs this process.
    init() {
        user = geteuid()
        let map = FilePath("/proc/self/uid_map").text.split(separator: "\n").map {
            $0.split(separator: " ").compactMap { UInt64($0) }
        }
        let overflow = UInt32(FilePath("/proc/sys/kernel/overflowuid").text.filter(\.isNumber)) ?? 65534
        let isKnown = map.isEmpty || map.contains { $0.count == 3 && $0[0] <= overflow && UInt64(overflow) < $0[0] + $0[2] }
        unknown = isKnown ? nil : overflow
        numbersAreTheSystems = map.isEmpty || map.first == [0, 0, UInt64(UInt32.max)]
    }

    /// Whether what belongs to that user is in good hands.
    func trusts(_ owner: UInt32) -> Bool {
        owner == 0 || owner == user || owner == unknown
    }

    /// Whether anybody else may make, remove and rename what is in a directory. An access control list shows in the group's bits.
    func othersMayWrite(_ directory: stat) -> Bool {
        if directory.st_mode & S_IWOTH != 0 { return true }
        return directory.st_mode & S_IWGRP != 0 && !isPrivate(directory.st_gid)
    }

    /// Whether nobody but root and the user is in a group, as in the one of their own that many systems give to each user.
    private func isPrivate(_ group: UInt32) -> Bool {
        guard numbersAreTheSystems else { return false }
        let users = FilePath("/etc/passwd").text.split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }
        let groups = FilePath("/etc/group").text.split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }
        guard let entry = groups.first(where: { $0.count == 4 && UInt32($0[2]) == group }) else { return false }
        let members = Set(entry[3].split(separator: ","))
        let inside = users.filter { $0.count > 3 && (UInt32($0[3]) == group || members.contains($0[0])) }
        return members.isSubset(of: inside.map { $0[0] }) && inside.allSatisfy { UInt32($0[2]).map(trusts) ?? false }
    }
}
