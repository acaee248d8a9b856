// A machine in this process: no mount, no FUSE, no root, and time that passes when it is told to.
import DriverCore
import Emulator
import Machine
import VFS

let (clock, uuid) = (VirtualClock(), "0b5a1f2e-6f0f-4d7c-9a7b-0d6a8a2f9c11")
let computer = try Computer(clock: clock)
let (files, matrix) = (computer.files, "devices/vfio_ap/matrix")

try files.write("-0x5", to: "bus/ap/apmask")  // adapter 5 goes to vfio_ap
try files.write(uuid, to: "\(matrix)/mdev_supported_types/vfio_ap-passthrough/create")
try files.write("5", to: "\(matrix)/\(uuid)/assign_adapter")
try files.write("0x47", to: "\(matrix)/\(uuid)/assign_domain")
print("matrix:", try files.text(of: "\(matrix)/\(uuid)/matrix"), terminator: "")

do { try files.write("3", to: "\(matrix)/\(uuid)/assign_adapter") } catch { print("adapter 3 is the host's:", error) }

try computer.machine.execute("adapter 06 unplug")  // somebody pulls a card,
clock.advance(by: .seconds(30))  // and the next scan of the bus finds that
print("card06 is gone:", (try? files.status(of: "devices/ap/card06")) == nil)
computer.end()
