package import Journals
public import Kernels
public import LockOrder
internal import SystemAdditions
public import SystemPackage

/// Permission bits of a node, without its type.
public struct Permissions: RawRepresentable, Hashable, Sendable {
    /// The lower bits of `st_mode`, from 0 to 0o7777.
    public let rawValue: UInt16

    /// Nothing is cut off: the type must not be among the bits.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// 0444
    public static let readOnly = Permissions(rawValue: 0o444)
    /// 0644
    public static let readWrite = Permissions(rawValue: 0o644)
    /// 0200
    public static let writeOnly = Permissions(rawValue: 0o200)
    /// 0755, every directory's
    public static let directory = Permissions(rawValue: 0o755)
    /// 0777, every link's
    public static let link = Permissions(rawValue: 0o777)

    /// Whether some read bit is set, which opening for reading asks for, even of root.
    /// Measured: docs/kernel/kernfs.md, "Open".
    public var isReadable: Bool { rawValue & 0o444 != 0 }
    /// Whether some write bit is set; as `isReadable`.
    public var isWritable: Bool { rawValue & 0o222 != 0 }
}

/// One row of a table of attributes: what `DEVICE_ATTR_RO` and its like are to the kernel.
///
/// `show` and `store` run on the thread of the request with no lock held, which is what the token says that they are handed;
/// they take what they need in the order of the ranks.
public struct Attribute<Object>: Sendable {
    /// Writes the text of the attribute. An error becomes the errno of the `read(2)`.
    public typealias Show = @Sendable (Object, inout Page, borrowing Held<Unlocked>) throws(Errno) -> Void
    /// Takes what was written; all of it is taken, or an error becomes the errno of the `write(2)`.
    public typealias Store = @Sendable (Object, Input, borrowing Held<Unlocked>) throws(Errno) -> Void

    /// The journal that is the text of a file which only grows. Called with the tree's lock held: it must take no lock of LockOrder.
    package typealias Journal = @Sendable (Object) -> any SharedJournal

    /// The name of the file.
    public let name: String
    /// What `stat` says and opening asks for, until a user changes the mode.
    public let mode: Permissions
    /// nil where there is none: a read answers EIO.
    public let show: Show?
    /// nil where there is none: a write answers EIO.
    public let store: Store?
    /// What is read instead of a show, where the text only grows.
    package let journal: Journal?
    /// The releases of Linux that have the attribute.
    public let releases: PartialRangeFrom<KernelRelease>
    /// For docs/FIDELITY.md alone: nothing that the file does depends on it.
    public let fidelity: Fidelity

    /// A row with any mode; that it agrees with `show` and `store` is not checked.
    ///
    /// - Parameter release: the first release that has the attribute.
    public init(
        _ name: String, _ mode: Permissions, since release: KernelRelease = .v6_1, fidelity: Fidelity = .implemented,
        show: Show? = nil, store: Store? = nil
    ) {
        self.name = name
        self.mode = mode
        self.show = show
        self.store = store
        self.journal = nil
        self.releases = release...
        self.fidelity = fidelity
    }

    /// A row whose text only grows: `JournalReader` says what a read of it gives, and a poll of it tells when there is more. Its
    /// size is how many bytes have ever been written to it.
    package init(_ name: String, _ mode: Permissions, journal: @escaping Journal, store: Store? = nil) {
        self.name = name
        self.mode = mode
        self.show = nil
        self.store = store
        self.journal = journal
        self.releases = KernelRelease.v6_1...
        self.fidelity = .implemented
    }

    /// A 0444 attribute whose text is a value that needs no lock of the caller.
    public static func readOnly(
        _ name: String, since release: KernelRelease = .v6_1, _ text: @escaping @Sendable (Object) -> String
    ) -> Attribute {
        Attribute(name, .readOnly, since: release) { object, page, _ in page.emit(text(object)) }
    }

    /// A 0644 attribute.
    public static func readWrite(
        _ name: String, since release: KernelRelease = .v6_1, _ text: @escaping @Sendable (Object) -> String,
        store: @escaping Store
    ) -> Attribute {
        Attribute(name, .readWrite, since: release, show: { object, page, _ in page.emit(text(object)) }, store: store)
    }

    /// A 0200 attribute.
    public static func writeOnly(_ name: String, since release: KernelRelease = .v6_1, store: @escaping Store) -> Attribute {
        Attribute(name, .writeOnly, since: release, store: store)
    }
}

/// The attributes that a release of Linux gives to one kind of directory.
public final class AttributeTable<Object>: Sendable {
    /// Those of the release, in the order in which they were given.
    public let rows: [Attribute<Object>]
    // Unsafe: immutable pointers to what lives as long as the table. The shows and stores of the rows, without the rest of them: to take
    // one out of an array, generic code asks the runtime how it is laid out, which takes longer than most of them.
    nonisolated(unsafe) private let shows: UnsafeMutablePointer<Attribute<Object>.Show?>
    // Unsafe: as above.
    nonisolated(unsafe) private let stores: UnsafeMutablePointer<Attribute<Object>.Store?>
    let columns: AttributeColumns

    /// Keeps the rows that the release has. No two of them may have the same name.
    public init(_ rows: [Attribute<Object>], release: KernelRelease) {
        let rows = rows.filter { $0.releases.contains(release) }
        self.rows = rows
        shows = .allocate(capacity: rows.count)
        stores = .allocate(capacity: rows.count)
        for (number, row) in rows.enumerated() {
            (shows + number).initialize(to: row.show)
            (stores + number).initialize(to: row.store)
        }
        columns = AttributeColumns(
            names: rows.map(\.name), modes: rows.map(\.mode), fidelities: rows.map(\.fidelity),
            journals: Set(rows.indices.filter { rows[$0].journal != nil }))
    }

    deinit {
        shows.deinitialize(count: rows.count).deallocate()
        stores.deinitialize(count: rows.count).deallocate()
    }

    @inline(__always)
    func show(_ row: Int) -> Attribute<Object>.Show? {
        precondition(columns.names.indices.contains(row))
        return shows[row]
    }

    @inline(__always)
    func store(_ row: Int) -> Attribute<Object>.Store? {
        precondition(columns.names.indices.contains(row))
        return stores[row]
    }
}

/// The part of a table that does not depend on the type of its objects: every request asks for it, and it takes no generic code
/// to answer.
final class AttributeColumns: Sendable {
    let names: [String]
    let modes: [Permissions]
    let fidelities: [Fidelity]
    /// The rows whose text only grows.
    let journals: Set<Int>
    let rowByName: [String: Int]

    init(names: [String], modes: [Permissions], fidelities: [Fidelity], journals: Set<Int>) {
        self.names = names
        self.modes = modes
        self.fidelities = fidelities
        self.journals = journals
        rowByName = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    }
}

/// A table bound to the object that its rows speak of. Directories hold these.
protocol AttributeGroup: AnyObject, Sendable {
    /// Shows a row; called with no lock held.
    ///
    /// - Throws: `EIO` where the row has no show, else what the show throws.
    func show(_ row: Int, into page: inout Page, _ held: borrowing Held<Unlocked>) throws(Errno)
    /// Stores to a row; called with no lock held.
    ///
    /// - Throws: `EIO` where the row has no store, else what the store throws.
    func store(_ row: Int, _ input: Input, _ held: borrowing Held<Unlocked>) throws(Errno)
    /// The journal that a row shows, where it shows one.
    func journal(_ row: Int) -> (any SharedJournal)?
}

final class BoundTable<Object: Sendable>: AttributeGroup {
    private let table: AttributeTable<Object>
    private let object: Object

    init(_ table: AttributeTable<Object>, _ object: Object) {
        self.table = table
        self.object = object
    }

    func show(_ row: Int, into page: inout Page, _ held: borrowing Held<Unlocked>) throws(Errno) {
        // every show wrapper of the kernel answers so where there is no show function
        guard let show = table.show(row) else { throw .EIO }
        try show(object, &page, held)
    }

    func store(_ row: Int, _ input: Input, _ held: borrowing Held<Unlocked>) throws(Errno) {
        guard let store = table.store(row) else { throw .EIO }
        try store(object, input, held)
    }

    func journal(_ row: Int) -> (any SharedJournal)? {
        table.rows[row].journal?(object)
    }
}
