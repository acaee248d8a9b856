internal import LockOrder
internal import Synchronization
public import SystemPackage

/// What is done to an attribute.
public enum Access: String, Sendable {
    /// A read that shows the attribute, and a write.
    case read, write
}

/// Called before an attribute is shown or stored, with its path from the root and no lock held. It may wait.
///
/// - Throws: any errno. It is the answer then, and the attribute is not asked.
public typealias Interceptor = @Sendable (Access, String) throws(Errno) -> Void

extension Tree {
    /// Sets the function that is called before attributes are shown and stored, in the place of the one before; nil for none.
    public func setInterceptor(_ interceptor: Interceptor?) {
        self.interceptor.withLock { $0 = interceptor }
        isIntercepted.store(interceptor != nil, ordering: .relaxed)
    }

    /// Calls the interceptor, if there is one.
    ///
    /// - Throws: what the interceptor throws.
    func intercept(_ access: Access, _ inode: Inode) throws(Errno) {
        guard isIntercepted.load(ordering: .relaxed), let interceptor = interceptor.withLock({ $0 }) else { return }
        let path = state.withLock { state in
            state.directories[inode.block].map { record in
                let name = record.attribute(inode).map { $0.columns.names[$1] } ?? ""
                return state.path(of: record) + "/" + name
            } ?? ""
        }
        try interceptor(access, path)
    }
}
