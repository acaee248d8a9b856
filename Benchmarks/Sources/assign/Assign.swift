import Dispatch
import Emulator
import SystemPackage

/// What assigning costs inside the server: through the tree, without a mount.
@main
struct Assign {
    static func main() throws {
        try countOfDevices()
        try countOfThreads()
    }

    /// One device alone against one among ten thousand, each of which has a queue.
    private static func countOfDevices() throws {
        let operations = 2000
        let others = 10_000
        let contestants = try [0, others].map { others in
            let mount = try Mount()
            for number in 0..<others {
                let other = try mount.makeDevice(number + 1, domain: UInt8(number % 256))
                try other.assign.write("\(0x10 + number / 256)")
            }
            return try mount.makeDevice(0, domain: 0x47)
        }
        let times = try medians(
            contestants.map { device in { for _ in 0..<operations { try device.assignAndUnassign("5") } } })
        print("assign + unassign, 1 device: \(times[0].each(of: operations)) ns")
        print("assign + unassign, 1 of \(others + 1) devices: \(times[1].each(of: operations)) ns")
        print("ratio: \(ratio(times[1], times[0])) (goal: about 1)")
    }

    /// Two guests' devices, changed by one thread and by two.
    private static func countOfThreads() throws {
        let operations = 2000
        let mount = try Mount()
        let devices = try [0x04, 0x47].enumerated().map { number, domain in
            let device = try mount.makeDevice(number, domain: UInt8(domain))
            try mount.startGuest("guest\(number)", with: device)
            return device
        }
        @Sendable func change(_ number: Int) {
            for _ in 0..<operations {
                do throws(Errno) {
                    try devices[number].assignAndUnassign(number == 0 ? "5" : "6")
                } catch {
                    preconditionFailure("device \(number): \(error)")
                }
            }
        }
        let times = try medians([
            { for number in devices.indices { change(number) } },
            { DispatchQueue.concurrentPerform(iterations: devices.count, execute: change) },
        ])
        print("assign + unassign on two guests' devices, 1 thread: \(times[0].each(of: 2 * operations)) ns")
        print("assign + unassign on two guests' devices, 2 threads: \(times[1].each(of: 2 * operations)) ns")
        print("ratio of throughput: \(ratio(times[0], times[1])) (goal: at least 1)")
        mount.computer.shutDown()
    }
}
