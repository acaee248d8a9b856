internal import AdjunctProcessor
internal import DriverCore
internal import KVM
internal import LockOrder
internal import Mdev
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage
internal import VFIOAP

/// A program that runs a guest: it opens mediated matrix devices for it, hears their events, and gives them back.
final class VirtualMachineMonitor: Sendable {
    let name: String
    let guest: Guest
    private let kind: Kind
    private let computer: Computer
    private let events: Events
    private let devices = Leaf<[(mdev: MatrixMdev, nodes: ModuleReferences)]>("guest's devices", [])
    /// Opening and giving back take turns: a program that is asked to let go of a device while it opens it, does so when it has
    /// it.
    private let turns = Turns("guest's turn", Stage())

    private struct Stage {
        /// The guest was stopped: nothing is opened any more.
        var isOver = false
        /// What it has open from its start to its end, besides its devices.
        var nodes: ModuleReferences?
    }

    /// How a program behaves.
    enum Kind: String, CaseIterable {
        /// It opens the group of a device, and lets go of it when it is asked to.
        case usual = "start"
        /// It does not let go when it is asked to.
        case deaf = "start-deaf"
        /// It has registered no eventfds: nobody can ask it, and it does not hear that its masks have changed.
        case silent = "start-silent"
        /// It opens a device by the device's own node and not by its group's, and uses iommufd and not a container.
        case characterDevice = "start-cdev"
    }

    /// What the program has registered eventfds for.
    private final class Events: GuestEvents {
        struct State {
            var requests = 0
            var configurationChanges = 0
            let areRegistered: Bool
            /// Lets go of a device; nil for a guest that does not care.
            var letGo: (@Sendable (String) -> Void)?
        }
        let state: Leaf<State>

        init(areRegistered: Bool) {
            state = Leaf("guest's events", State(areRegistered: areRegistered))
        }

        func configurationChanged() {
            state.withLock { state in
                if state.areRegistered { state.configurationChanges += 1 }
            }
        }

        func releaseRequested(_ device: String) -> Bool {
            let (isHeard, letGo) = state.withLock { state in
                if state.areRegistered { state.requests += 1 }
                return (state.areRegistered, state.letGo)
            }
            letGo?(device)
            return isHeard
        }
    }

    init(name: String, kind: Kind, computer: Computer) {
        self.name = name
        self.kind = kind
        self.computer = computer
        events = Events(areRegistered: kind != .silent)
        guest = Guest(name: name, events: events)
        guard kind == .usual || kind == .characterDevice else { return }
        events.state.withLock { state in
            state.letGo = { [weak self] device in
                guard let self else { return }
                _ = computer.kernel.schedule(after: .zero) { held in self.close(device, after: held) }
            }
        }
    }

    /// Starts the guest, and opens devices one after the other; if one cannot be had, none is, and the program ends.
    ///
    /// - Throws: `ENOENT` where there is no such device, also where it is being removed, where a module that it needs is not loaded, or
    ///   where the guest has been stopped meanwhile; `EBUSY` where another program has the device, `EPERM` for a second one; `ENODEV`
    ///   where the device loses its driver or a module is being unloaded.
    func open(_ uuids: [MdevUUID], after held: borrowing Held<Unlocked>) throws(ControlError) {
        try turns.withTurn { stage throws(ControlError) in
            guard !stage.isOver else { throw ControlError(.ENOENT, "the guest has been stopped") }
            do throws(ControlError) {
                stage.nodes = try ModuleReferences(kind.nodes(computer.kernel.release), computer)
                for uuid in uuids { try open(uuid, after: held) }
            } catch {
                end(&stage, after: held)
                throw error
            }
        }
    }

    /// Opens one more device for the guest that runs.
    ///
    /// - Throws: as of the first ones; the guest runs on.
    func attach(_ uuid: MdevUUID, after held: borrowing Held<Unlocked>) throws(ControlError) {
        try turns.withTurn { stage throws(ControlError) in
            guard !stage.isOver else { throw ControlError(.ENOENT, "the guest has been stopped") }
            try open(uuid, after: held)
        }
    }

    private func open(_ uuid: MdevUUID, after held: borrowing Held<Unlocked>) throws(ControlError) {
        guard let module = computer.vfioAP.withLock({ $0 }), let mdev = module.deviceToOpen(uuid) else {
            throw ControlError(.ENOENT, "there is no mediated device \(uuid), or it has no driver")
        }
        let isMapped = computer.loaded(.vfioIOMMU) != nil
        let nodes = try ModuleReferences(kind.deviceNodes(isMapped: isMapped), computer)
        do throws(Errno) {
            try mdev.vfio.open()
        } catch {
            nodes.give()
            guard error == .EBUSY else { throw ControlError(error, "\(uuid): it is being removed") }
            // the node of a device is refused with another errno than that of a group
            throw ControlError(kind == .characterDevice ? .EINVAL : .EBUSY, "\(uuid): another guest has it")
        }
        do throws(Errno) {
            try mdev.setKVM(guest, after: held)
        } catch {
            mdev.vfio.close()
            nodes.give()
            throw ControlError(
                error,
                "\(uuid): " + (error == .EPERM ? "a guest can have one mediated matrix device only" : "it is being removed"))
        }
        devices.withLock { $0.append((mdev, nodes)) }
    }

    // MARK: - Giving back

    /// Gives everything back, in the order in which it was opened, and opens nothing any more.
    func close(after held: borrowing Held<Unlocked>) {
        turns.withTurn { stage in end(&stage, after: held) }
    }

    private func end(_ stage: inout Stage, after held: borrowing Held<Unlocked>) {
        for mdev in opened { giveBack(mdev.uuid.description, after: held) }
        stage.nodes?.give()
        stage = Stage(isOver: true)
    }

    private func close(_ uuid: String, after held: borrowing Held<Unlocked>) {
        turns.withTurn { _ in giveBack(uuid, after: held) }
    }

    private func giveBack(_ uuid: String, after held: borrowing Held<Unlocked>) {
        let device = devices.withLock { devices -> (mdev: MatrixMdev, nodes: ModuleReferences)? in
            guard let at = devices.firstIndex(where: { $0.mdev.uuid.description == uuid }) else { return nil }
            return devices.remove(at: at)
        }
        guard let (mdev, nodes) = device else { return }
        mdev.unsetKVM(after: held)
        // the modules go last: vfio_ap that is unloaded in between would wait for a device that nobody uses
        mdev.vfio.close()
        nodes.give()
    }

    /// Resets the queues of its devices.
    ///
    /// - Throws: `EIO` where the reset of a queue failed, with 6.1 also `EBUSY`; `ENODEV` where a device is not there any more.
    func reset(after held: borrowing Held<Unlocked>) throws(Errno) {
        for mdev in opened { try mdev.reset(after: held) }
    }

    // MARK: - Looking

    /// Whether it was ever asked to let go of a device.
    var wasAsked: Bool { events.state.withLock { $0.requests > 0 } }

    /// What it has open.
    var opened: [MatrixMdev] { devices.withLock { $0.map(\.mdev) } }

    /// `NAME UUID… req=N cfg=N open=N`: what was asked of it, and what it has open.
    var line: String {
        let open = opened.map(\.uuid.description)
        let counts = events.state.withLock { "req=\($0.requests) cfg=\($0.configurationChanges)" }
        return ([name] + open + [counts, "open=\(open.count)"]).joined(separator: " ")
    }

    /// The line, and behind it `masks=05,06/0004,0047/0004`: the adapters, domains and control domains that it runs with.
    var longLine: String {
        let masks = guest.apcb
        let domains = [masks.domains, masks.controlDomains].map { $0.domains.map(\.description) }
        let lists = ([masks.adapters.adapters.map(\.description)] + domains).map { $0.joined(separator: ",") }
        return line + " masks=" + lists.joined(separator: "/")
    }
}
