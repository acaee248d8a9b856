internal import Sysfs
internal import SystemPackage

extension Kernel {
    /// Tells that a class has come or gone. Of classes that are no more than a directory nothing is told.
    ///
    /// Kernel: drivers/base/class.c, class_register.
    public func tellOfClass(_ action: UeventAction, _ name: String) {
        uevents.send(action, path: "/class/\(name)", subsystem: "class", [])
    }

    /// Removes /sys/class/NAME. Nothing happens in a tree that has been taken apart.
    public func removeClass(_ name: String) {
        try? directory("class", name).remove()
    }
}
