internal import Kernels
internal import LockOrder
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

extension Bus {
    /// The files of every bus: /sys/bus/BUS.
    static func attributes(_ release: KernelRelease) -> AttributeTable<Bus> {
        AttributeTable(
            [
                .writeOnly("drivers_probe") { bus, input, held throws(Errno) in
                    guard let element = bus.device(named: input.text) else { throw .ENODEV }
                    // one that has a driver is left alone: not even that driver's work is waited for
                    if element.device.driver == nil { bus.attach(element, after: held) }
                },
                // never fails: everything that does not begin with a 0 is a yes
                .readWrite("drivers_autoprobe") { bus in
                    bus.state.withLock { $0.autoprobe } ? "1\n" : "0\n"
                } store: { bus, input, _ in
                    bus.state.withLock { $0.autoprobe = input.text.first != UInt8(ascii: "0") }
                },
            ], release: release)
    }

    /// The device that was written to a file: by its exact name, one trailing newline tolerated.
    func device(named text: ArraySlice<UInt8>) -> Element? {
        device(named: KernelText.name(text))
    }
}
