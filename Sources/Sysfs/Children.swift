/// The directories and links in a directory, by name.
///
/// Most directories have a handful, and are many: those are kept in a list, which takes half the memory of a dictionary.
struct Children {
    enum Child {
        case directory(UInt64)
        /// `target` is a directory's number.
        case link(Inode, target: UInt64)
    }

    /// Every child while there are at most `handful`, then none.
    private var few: [(name: String, child: Child)] = []
    /// Every child once there have been more.
    private var many: [String: Child] = [:]
    private static let handful = 8

    var count: Int { few.count + many.count }
    var isEmpty: Bool { few.isEmpty && many.isEmpty }

    /// All of them, in no order.
    var all: [(name: String, child: Child)] { many.isEmpty ? few : many.map { ($0.key, $0.value) } }

    subscript(name: String) -> Child? {
        get {
            if !many.isEmpty { return many[name] }
            for (other, child) in few where other == name { return child }
            return nil
        }
        set {
            guard many.isEmpty else { return many[name] = newValue }
            let index = few.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let child?): few[index].child = child
            case (let index?, nil): few.remove(at: index)
            case (nil, let child?) where few.count < Children.handful: few.append((name, child))
            case (nil, let child?):
                many = Dictionary(uniqueKeysWithValues: few.map { ($0.name, $0.child) })
                many[name] = child
                few = []
            case (nil, nil): break
            }
        }
    }
}
