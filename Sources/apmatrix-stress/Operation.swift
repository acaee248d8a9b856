internal import Glibc
internal import Hexadecimal
internal import Interleavings

/// One thing that is done to a host, chosen at random.
enum Operation {
    case write(String, String)
    case read(String)
    /// A directory, with the attributes of what is in it.
    case list(String)

    /// - Parameter devices: the UUIDs of the mediated devices, one for each guest.
    static func random(_ devices: [String], using generator: inout SplitMix64) -> Operation {
        let index = generator.below(devices.count)
        let device = devices[index]
        let matrix = "devices/vfio_ap/matrix/\(device)"
        let (adapter, domain) = (generator.pick(MountedHost.adapters), generator.pick(MountedHost.domains))
        let card = adapter.hex(2)
        let queue = "\(card).\(domain.hex(4))"
        let control = "kernel/debug/apmatrix"
        switch generator.below(100) {
        case 0..<14: return .write("\(matrix)/assign_adapter", "\(adapter)")
        case 14..<28: return .write("\(matrix)/assign_domain", "\(domain)")
        case 28..<34: return .write("\(matrix)/unassign_adapter", "\(adapter)")
        case 34..<40: return .write("\(matrix)/unassign_domain", "\(domain)")
        case 40..<43: return .write("\(matrix)/assign_control_domain", "\(domain)")
        case 43..<46: return .write("\(matrix)/unassign_control_domain", "\(domain)")
        case 46..<49:
            return .write("\(matrix)/ap_config", "0x\((1 << (15 - adapter)).hex(4)),0x\((1 << (15 - domain)).hex(4)),0x0")
        case 49..<55: return .read("\(matrix)/matrix")
        case 55..<61: return .read("\(matrix)/guest_matrix")
        case 61..<63: return .read("\(matrix)/control_domains")
        case 63..<65: return .read("\(matrix)/ap_config")
        case 65..<69: return .read("devices/ap/card\(card)/\(queue)/status")
        case 69..<76: return .write("\(control)/guests", "start guest\(index) \(device)")
        case 76..<80: return .write("\(control)/guests", "\(generator.below(2) == 0 ? "stop" : "kill") guest\(index)")
        case 80..<82: return .write("\(control)/guests", "reset guest\(index)")
        case 82: return .write("\(matrix)/remove", "1")
        case 83, 84: return .write("\(MountedHost.type)/create", device)
        case 85: return .write("bus/ap/drivers/vfio_ap/unbind", queue)
        case 86, 87: return .write("bus/ap/drivers/vfio_ap/bind", queue)
        case 88: return .write("bus/ap/apmask", "+\(adapter)")
        case 89: return .write("bus/ap/apmask", "-\(adapter)")
        case 90: return .write("bus/ap/aqmask", "\(generator.below(2) == 0 ? "+" : "-")\(domain)")
        case 91: return .write("\(control)/machine", "adapter \(card) unplug")
        case 92: return .write("\(control)/machine", "adapter \(card) type=CEX8C config=1 chkstop=0")
        case 93: return .write("\(control)/machine", "adapter \(card) chkstop=\(generator.below(2))")
        case 94: return .write("\(control)/machine", "domain \(domain.hex(2)) \(generator.below(3) == 0 ? "none" : "both")")
        case 95: return .write("\(control)/machine", "queue \(queue) reset-busy=\(generator.below(3))")
        case 96: return .write("bus/ap/scans", "1")
        case 97: return .read("\(control)/guests")
        case 98: return .read("bus/ap/bindings")
        default:
            return generator.below(10) == 0
                ? .write("\(control)/modules", generator.below(3) == 0 ? "unload vfio_ap" : "load vfio_ap")
                : .read("\(control)/locks")
        }
    }

    /// The operation without its numbers: the key under which it is counted.
    var kind: String {
        switch self {
        case .write(let path, let text):
            let word = text.split(separator: " ").first.map(String.init) ?? ""
            return Operation.name(path) + (path.hasPrefix("kernel") ? " " + word : "")
        case .read(let path): return "read " + Operation.name(path)
        case .list: return "list"
        }
    }

    var description: String {
        switch self {
        case .write(let path, let text): "write \(path) '\(text)'"
        case .read(let path): "read \(path)"
        case .list(let path): "list \(path)"
        }
    }

    func perform(at mountPoint: String) -> SystemCall.Answer {
        switch self {
        case .write(let path, let text): SystemCall.write("\(mountPoint)/\(path)", text)
        case .read(let path): SystemCall.read("\(mountPoint)/\(path)")
        case .list(let path): SystemCall.list("\(mountPoint)/\(path)")
        }
    }

    private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

extension SplitMix64 {
    /// One of these numbers.
    mutating func pick(_ range: ClosedRange<UInt8>) -> Int { Int(range.lowerBound) + below(range.count) }
}
