internal import Glibc
internal import Hexadecimal
internal import Interleavings

extension Operation {
    private static let control = "kernel/debug/apmatrix"
    private static let directories = [
        "", "bus/ap/devices", "bus/ap/drivers/vfio_ap", "bus/mdev/devices", "class/vfio", "devices/ap", "devices/vfio_ap/matrix",
        "kernel/iommu_groups", "module", MountedHost.type + "/devices",
    ]

    /// What a client of a soak does: mostly what a client of a stress does, and besides that listings, faults on purpose, guests
    /// that do not let go, interrupts and the streams.
    static func soaking(_ devices: [String], using generator: inout SplitMix64) -> Operation {
        let index = generator.below(devices.count)
        let guest = "guest\(index)"
        let queue = "\(generator.pick(MountedHost.adapters).hex(2)).\(generator.pick(MountedHost.domains).hex(4))"
        switch generator.below(200) {
        case 0..<6: return .list(directories[generator.below(directories.count)])
        case 6: return .write("\(control)/faults", "write assign_domain errno=EIO nth=\(1 + generator.below(5))")
        case 7: return .write("\(control)/faults", "read */status delay=\(1 + generator.below(20))ms times=3")
        case 8: return .write("\(control)/faults", "read guest_matrix delay=3600s nth=2")
        case 9, 10: return .write("\(control)/faults", "clear")
        case 11: return .write("\(control)/guests", "start-deaf \(guest) \(devices[index])")
        // one that is deaf is not stopped by who removes its device
        case 12..<15: return .write("\(control)/guests", "stop \(guest)")
        case 15: return .write("\(control)/guests", "pqap \(guest) \(queue) \(generator.below(2) == 0 ? "on" : "off")")
        case 16: return .read("\(control)/\(streams[generator.below(streams.count)])")
        case 17: return .read("\(control)/machine")
        default: return random(devices, using: &generator)
        }
    }

    /// The files that only grow.
    static let streams = ["log", "uevents", "hardware"]
}
