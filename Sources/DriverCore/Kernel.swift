public import Kernels
public import LockOrder
public import Sysfs
internal import SystemAdditions
public import SystemPackage

/// What all drivers of one running Linux share: the tree that is its /sys, its uevents, its log, its time.
public final class Kernel: Sendable {
    /// Which Linux this is: asked for its differences (`release.has(…)`).
    public let release: KernelRelease
    /// Its /sys.
    public let tree: Tree
    /// Every uevent that it has sent.
    public let uevents: UeventLedger
    /// What `dmesg` shows.
    public let log: KernelLog
    /// What drivers wait on, and schedule work with; they sleep by `sleep`, which ends with the machine.
    public let clock: any KernelClock
    let tables: CoreTables
    let sleepers = Sleepers()
    private let nodes = Leaf("device nodes", Nodes())
    /// What the lock is called, for a scheduler.
    package static let announcementLockName: StaticString = "announcement"
    private let announcement = Leaf<(@Sendable () -> Void)?>(Kernel.announcementLockName, nil)

    /// A kernel with an empty tree, before any bus or device.
    public init(release: KernelRelease, clock: any KernelClock) {
        self.release = release
        self.clock = clock
        tree = Tree(release: release) { clock.wallTime }
        uevents = UeventLedger()
        log = KernelLog()
        tables = CoreTables(release: release)
    }

    /// A directory below the root, made if it is missing: `directory("bus", "ap", "devices")`.
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart, which a write that is under way comes to see, and where a link has
    ///   the name.
    public func directory(_ names: String...) throws(Errno) -> Directory {
        try directory(names)
    }

    private func directory(_ names: [String]) throws(Errno) -> Directory {
        var directory = tree.root
        for name in names {
            do throws(Errno) {
                directory = try directory.directory(name)
            } catch {
                throw .ENODEV
            }
        }
        return directory
    }

    /// Removes a link from a directory below the root, which is made if it is missing. Nothing happens in a tree that has been
    /// taken apart.
    public func removeLink(_ name: String, from directory: String...) {
        try? self.directory(directory).removeLink(name)
    }
}

extension Kernel {
    /// A node that a device has in /dev now.
    public struct LiveNode: Hashable, Sendable {
        /// Its numbers, and its name below /dev.
        public let node: DeviceNode
        /// Tells it from one that had the same name before.
        public let serial: UInt64
    }

    fileprivate struct Nodes {
        var byName: [String: LiveNode] = [:]
        var serial: UInt64 = 0
    }

    /// The nodes that devices have in /dev at this moment, by the name below it.
    ///
    /// Kernel: drivers/base/devtmpfs.c.
    public var deviceNodes: [String: LiveNode] { nodes.withLock { $0.byName } }

    func addNode(_ node: DeviceNode) {
        nodes.withLock { nodes in
            nodes.serial += 1
            nodes.byName[node.name] = LiveNode(node: node, serial: nodes.serial)
        }
    }

    func removeNode(_ node: DeviceNode) {
        nodes.withLock { $0.byName[node.name] = nil }
    }
}

extension Kernel {
    /// Makes a device of a class that has no parent: in /sys/devices/virtual/CLASS, which is there while something is in it.
    ///
    /// - Throws: `EEXIST` where the name is taken, `ENODEV` where the tree is being taken apart.
    ///
    /// Kernel: drivers/base/core.c, get_device_parent.
    public func makeVirtualDevice(
        _ name: String, class className: String, identity: DeviceIdentity
    ) throws(Errno) -> Device {
        while true {
            do throws(Errno) {
                return try Device(
                    name, in: directory("devices", "virtual", className),
                    subsystem: (className, directory("class", className)), identity: identity, kernel: self)
            } catch .ENOENT {
                // the last device has just gone, and the directory with it
                continue
            }
        }
    }

    /// Takes such a device out of the tree, and waits for those who read or write its files.
    public func removeVirtualDevice(_ device: Device) {
        device.remove()
        guard let className = device.subsystem else { return }
        // without a tree there is nothing to remove
        try? directory("devices", "virtual", className).removeIfEmpty()
    }
}

extension Kernel {
    /// Runs work after a while, with no lock held, and then lets everybody see what it has changed. The work is run even when the
    /// kernel is gone.
    public func schedule(
        after delay: Duration, _ work: @escaping @Sendable (borrowing Held<Unlocked>) -> Void
    ) -> any ScheduledWork {
        clock.schedule(after: delay) { [weak self] in
            withNoLocksHeld { held in work(held) }
            self?.changesAreVisible()
        }
    }

    /// Sets what is to be done after changes that no request has made, in the place of what was set before: a cache above the
    /// tree must hear of them. Called after each scheduled work, on its thread.
    public func onBackgroundChanges(_ announce: @escaping @Sendable () -> Void) {
        announcement.withLock { $0 = announce }
    }

    /// Lets everybody see what has been changed so far, before this returns: for a read that changes something. After a write, and
    /// after scheduled work, that is done without being asked.
    public func changesAreVisible() {
        announcement.withLock { $0 }?()
    }
}
