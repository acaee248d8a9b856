internal import AdjunctProcessor
internal import DriverCore
internal import KVM
internal import Kernels
internal import LockOrder
internal import Machine
internal import Mdev
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

extension ControlPlane {
    /// The file `guests`: `start NAME UUID…`, the same with `start-deaf`, `start-silent` and `start-cdev`, `attach NAME UUID`,
    /// `stop NAME`, `kill NAME`, `reset NAME`, `pqap NAME AP.DOM on [nib=ADDRESS]|off`.
    ///
    /// - Throws: `EINVAL` for what is no command, `ENOENT` for a guest or a device that is not there, and for `start-cdev` with 6.1,
    ///   which has no nodes of devices; what `VirtualMachineMonitor.open` and `reset` throw. `start`: `EEXIST` where a guest has the name, `ENAMETOOLONG` for a name of
    ///   more than 255 bytes, `ENOSPC` where 4096 guests run, `ENODEV` where the machine has been switched off.
    static func guest(_ line: String, _ computer: Computer, _ held: borrowing Held<Unlocked>) throws(ControlError) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 2 else {
            throw ControlError(
                .EINVAL,
                "a command is 'start|start-deaf|start-silent|start-cdev NAME UUID…', 'attach NAME UUID', 'stop|kill|reset NAME' or "
                    + "'pqap NAME AP.DOM on|off'")
        }
        if let kind = VirtualMachineMonitor.Kind(rawValue: words[0]) {
            return try start(words[1], Array(words[2...]), kind, computer, held)
        }
        switch words[0] {
        case "attach":
            guard words.count == 3 else {
                throw ControlError(.EINVAL, "attach takes the name of a guest and the UUID of a device")
            }
            try find(["attach", words[1]], computer).attach(try uuid(words[2]), after: held)
        case "stop", "kill":
            let monitor = try find(words, computer)
            monitor.close(after: held)
            computer.guests.withLock { guests in guests.removeAll { $0 === monitor } }
        case "reset":
            let monitor = try find(words, computer)
            do throws(Errno) {
                try monitor.reset(after: held)
            } catch {
                throw ControlError(error, "a queue could not be reset")
            }
        case "pqap":
            try pqap(Array(words[1...]), computer, held)
        default:
            throw ControlError(
                .EINVAL,
                "'\(words[0])' is no command: start, start-deaf, start-silent, start-cdev, attach, stop, kill, reset or pqap")
        }
    }

    /// In bytes.
    private static let longestName = 255
    private static let mostGuests = 4096

    private static func start(
        _ name: String, _ uuids: [String], _ kind: VirtualMachineMonitor.Kind, _ computer: Computer,
        _ held: borrowing Held<Unlocked>
    ) throws(ControlError) {
        guard kind != .characterDevice || computer.kernel.release.has(.vfioDevicesHaveNodes) else {
            throw ControlError(.ENOENT, "Linux \(computer.kernel.release) has no character devices of vfio devices; say start")
        }
        guard name.utf8.count <= longestName else {
            throw ControlError(.ENAMETOOLONG, "the name of a guest has at most \(longestName) bytes")
        }
        var devices: [MdevUUID] = []
        for text in uuids { devices.append(try uuid(text)) }
        let monitor = VirtualMachineMonitor(name: name, kind: kind, computer: computer)
        try computer.guests.withLock { guests throws(ControlError) in
            // `shutDown` halts the kernel before it takes the guests: it closes this one, or there is none
            guard !computer.kernel.isHalted else { throw ControlError(.ENODEV, "the machine has been switched off") }
            guard !guests.contains(where: { $0.name == name }) else {
                throw ControlError(.EEXIST, "there is a guest '\(name)' already")
            }
            guard guests.count < mostGuests else { throw ControlError(.ENOSPC, "\(mostGuests) guests run, and more cannot") }
            guests.append(monitor)
        }
        do throws(ControlError) {
            try monitor.open(devices, after: held)
        } catch {
            computer.guests.withLock { guests in guests.removeAll { $0 === monitor } }
            throw error
        }
    }

    private static func uuid(_ text: String) throws(ControlError) -> MdevUUID {
        guard let uuid = MdevUUID(text) else { throw ControlError(.EINVAL, "'\(text)' is no UUID") }
        return uuid
    }

    /// PQAP(AQIC) of a guest; what it was answered, with the condition code, stands in `hardware`. Without `nib=` the notification byte is at 1000.
    ///
    /// - Throws: `EINVAL` for other words, `ENOENT` where there is no such guest.
    private static func pqap(_ words: [String], _ computer: Computer, _ held: borrowing Held<Unlocked>) throws(ControlError) {
        guard words.count == 3 || words.count == 4 && words[2] == "on" && words[3].hasPrefix("nib="),
            let apqn = APQN(words[1]), words[2] == "on" || words[2] == "off"
        else { throw ControlError(.EINVAL, "pqap takes NAME AP.DOM on [nib=ADDRESS], or NAME AP.DOM off") }
        var indicator: UInt64 = 0x1000
        if words.count == 4 {
            let text = words[3].dropFirst("nib=".count)
            guard let address = UInt64(text.hasPrefix("0x") ? text.dropFirst(2) : text, radix: 16) else {
                throw ControlError(.EINVAL, "'\(text)' is no address")
            }
            indicator = address
        }
        let monitor = try find(["pqap", words[0]], computer)
        let isOn = words[2] == "on"
        let status = monitor.guest.pqap(apqn, isOn ? .enable(indicator: indicator) : .disable, after: held)
        computer.machine.journal.append(
            line:
                "PQAP \(words[0]) AQIC-\(words[2]) \(apqn) rc=\(status.responseCode) cc=\(status.responseCode == .normal ? 0 : 3)"
        )
    }

    private static func find(_ words: [String], _ computer: Computer) throws(ControlError) -> VirtualMachineMonitor {
        guard words.count == 2 else { throw ControlError(.EINVAL, "'\(words[0])' takes the name of a guest") }
        guard let monitor = computer.guests.withLock({ guests in guests.first { $0.name == words[1] } }) else {
            throw ControlError(.ENOENT, "there is no guest '\(words[1])'")
        }
        return monitor
    }
}
