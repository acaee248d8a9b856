internal import LockOrder

/// How near an attribute comes to that of Linux: what docs/FIDELITY.md says of it.
public enum Fidelity: Hashable, Sendable {
    /// It shows and does what that of Linux does.
    case implemented
    /// It always shows the same where Linux could show something else; why.
    case fixed(String)
    /// It differs from that of Linux where somebody can see it; how, and why.
    case deviating(String)
}

extension Attribute {
    /// The same row, which always shows the same where Linux could show something else.
    public func fixed(_ reason: String) -> Attribute { with(.fixed(reason)) }

    /// The same row, which differs from that of Linux where somebody can see it.
    public func deviating(_ how: String) -> Attribute { with(.deviating(how)) }

    private func with(_ fidelity: Fidelity) -> Attribute {
        Attribute(name, mode, since: releases.lowerBound, fidelity: fidelity, show: show, store: store)
    }
}

/// What the table says of one attribute of a directory.
package struct AttributeDescription: Hashable, Sendable {
    package let name: String
    package let mode: Permissions
    package let fidelity: Fidelity
}

extension Tree {
    /// The attributes that a directory has at this moment, as their tables describe them.
    package func describeAttributes(of directory: Inode) -> [AttributeDescription] {
        state.withLock { state in
            state.live(directory.block)?.groups.flatMap { group in
                group.columns.names.indices.map { row in
                    AttributeDescription(
                        name: group.columns.names[row], mode: group.columns.modes[row], fidelity: group.columns.fidelities[row])
                }
            } ?? []
        }
    }
}
