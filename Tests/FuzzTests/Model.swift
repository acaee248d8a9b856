import Kernels
import Recordings
import Sysfs

/// What a host must answer, as docs/kernel (vfio-ap.md, mediated-devices.md, ap-bus.md) tells it: the mediated devices and what is
/// assigned to them, the masks of the bus, the guests. What the model does not know, it allows whatever `Errnos` does.
struct Model {
    /// A mistake, made on purpose, that a walk has to find.
    enum Flaw { case none, knowsNoSharing }

    let release: KernelRelease
    let flaw: Flaw
    var isLoaded = true
    /// By their UUIDs, from create to the end of a removal.
    var mdevs: [String: Mdev] = [:]
    var guests: [String: Guest] = [:]
    var adapterMask = Set(0...255)
    var domainMask = Set(0...255)
    /// 7.2: a mask was changed, and they are not both all ones.
    var masksAreInUse = false
    /// 7.2: how often an override was set and not cleared, also of queues that are gone.
    var overrides = 0
    /// The largest numbers of the machine, and those that vfio_ap has heard of. A walk scans at once where they change.
    var maxima = Limits(adapter: 255, domain: 255)
    var heardMaxima = Limits(adapter: 255, domain: 255)

    struct Limits: Equatable {
        let adapter: Int
        let domain: Int
    }

    struct Mdev {
        var adapters: Set<Int> = []
        var domains: Set<Int> = []
        var controlDomains: Set<Int> = []
        /// Those that vfio_ap knew when it was made.
        var limits = Limits(adapter: 255, domain: 255)
        /// It has its driver, and so all its files.
        var isBound = true
    }

    struct Guest {
        var isDeaf: Bool
        var devices: [String] = []
    }

    /// What is asked of the host where only it can know.
    struct Peeking {
        /// The text of a file, nil where there is none.
        let text: (String) -> String?
        /// The last name in a link's target.
        let target: (String) -> String?
    }

    /// What a write must answer.
    enum Expectation: Equatable {
        /// `ok` or one errno.
        case exactly(String)
        /// `ok` or any of these.
        case allowed(Set<String>)

        static let ok = Expectation.exactly("ok")

        func permits(_ answer: String) -> Bool {
            switch self {
            case .exactly(let one): answer == one
            case .allowed(let errnos): answer == "ok" || errnos.contains(answer)
            }
        }
    }

    init(release: KernelRelease, flaw: Flaw = .none) {
        self.release = release
        self.flaw = flaw
    }

    static let type = "devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough"

    func guest(of uuid: String) -> (name: String, guest: Guest)? {
        guests.first { $0.value.devices.contains(uuid) }.map { ($0.key, $0.value) }
    }

    /// The device that a path is a file of, if the model knows it, and the file's name.
    static func file(_ path: String) -> (uuid: String, name: String)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[..<3] == ["devices", "vfio_ap", "matrix"], KernelWords.uuid(parts[3].utf8) == parts[3]
        else {
            return nil
        }
        return (parts[3], parts[4])
    }

    // MARK: - Writes

    /// The answer that a write to a file that exists must have, and what it changes.
    mutating func write(_ path: String, _ bytes: [UInt8], _ peeking: Peeking) -> Expectation {
        // `locks` takes no command at all
        if path.hasPrefix("kernel/debug/apmatrix/"), !path.hasSuffix("/locks"), bytes.count > 4096 { return .exactly("E2BIG") }
        let text = Array(bytes.prefix(4096))
        if let (uuid, name) = Model.file(path), let expectation = write(uuid, name, text, peeking) { return expectation }
        switch path {
        case "bus/ap/apmask": return storeMask(text, \.adapterMask, isAdapters: true)
        case "bus/ap/aqmask": return storeMask(text, \.domainMask, isAdapters: false)
        case "bus/ap/scans":
            heardMaxima = maxima
            return .ok
        case Model.type + "/create": return create(text)
        case "bus/mdev/drivers/vfio_ap_mdev/unbind":
            let uuid = String(decoding: KernelWords.name(text), as: UTF8.self)
            guard mdevs[uuid]?.isBound == true else { return .exactly("ENODEV") }
            release(uuid)
            mdevs[uuid] = Mdev(isBound: false)
            return .ok
        case "kernel/debug/apmatrix/guests": return commands(text) { $0.guestCommand($1) }
        // no walk plans a fault
        case "kernel/debug/apmatrix/faults": return commands(text) { $1 == ["clear"] ? .ok : .exactly("EINVAL") }
        case "kernel/debug/apmatrix/log", "kernel/debug/apmatrix/uevents", "kernel/debug/apmatrix/hardware":
            return commands(text) { Model.journalCommand($1) }
        case "kernel/debug/apmatrix/modules": return commands(text) { $0.moduleCommand($1) }
        case let path where path.hasSuffix("/driver_override"): return storeOverride(path, text, peeking)
        default: return .allowed(Errnos.ofWrite(to: path))
        }
    }

    /// What the model must hear of once it is done.
    mutating func didWrite(_ path: String, _ bytes: [UInt8], _ answer: String) {
        guard path == "kernel/debug/apmatrix/machine" else { return }
        for line in bytes.split(separator: 10) {
            let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            guard words.count == 3, words[0] == "maxima", let adapter = Int(words[1]), let domain = Int(words[2]) else {
                continue
            }
            if answer == "ok" { maxima = Limits(adapter: adapter, domain: domain) }
        }
    }

    /// Whether a write would wait until somebody else does something: a removal of a device whose guest does not let go.
    func wouldWait(_ path: String, _ text: [UInt8]) -> String? {
        let uuid: String
        if let file = Model.file(path), file.name == "remove" {
            guard case .value(let number) = KernelWords.unsignedLong(text), number != 0 else { return nil }
            uuid = file.uuid
        } else if path == "bus/mdev/drivers/vfio_ap_mdev/unbind" {
            uuid = String(decoding: KernelWords.name(text), as: UTF8.self)
        } else {
            return nil
        }
        guard let (name, guest) = guest(of: uuid) else { return nil }
        return guest.isDeaf || release == .v6_1 ? name : nil
    }

    /// A guest gives a device back.
    mutating func release(_ uuid: String) {
        for name in guests.keys { guests[name]?.devices.removeAll { $0 == uuid } }
    }
}
