/// What the specification allows a write to answer, by the name of the file; besides `ok`, and what the model knows exactly.
enum Errnos {
    /// - Parameter path: without links in it.
    static func ofWrite(to path: String) -> Set<String> {
        let parts = path.split(separator: "/").map(String.init)
        guard let name = parts.last else { return [] }
        let above = parts.dropLast().last ?? ""
        if path.hasPrefix("kernel/debug/apmatrix/") { return controlPlane[name] ?? [] }
        if path.hasPrefix("kernel/iommu_groups/") { return name == "type" ? ["EINVAL"] : [] }
        if path.hasPrefix("class/zcrypt/") { return name == "create" ? ["EEXIST", "ENOSPC"] : ["ENOENT"] }
        // a node of zcrypt has masks that nobody uses
        if parts.contains("zcrypt"), name.hasSuffix("mask") { return ["EINVAL"] }
        if name == "create" { return ["EINVAL", "EEXIST", "EUSERS", "ENODEV"] }
        if name == "bind", above == "vfio_ap_mdev" { return ["ENODEV"] }
        return files[name] ?? []
    }

    private static let controlPlane: [String: Set<String>] = [
        "machine": ["EINVAL", "ENOENT"],
        "guests": ["EINVAL", "EEXIST", "ENOENT", "EBUSY", "EPERM", "EIO", "ENODEV", "ENAMETOOLONG", "ENOSPC"],
        "modules": ["EINVAL", "ENOENT", "EAGAIN", "ENODEV"],
        "uevents": ["EINVAL"], "log": ["EINVAL"], "hardware": ["EINVAL"], "locks": ["EINVAL"],
        "faults": ["EINVAL", "ENOENT", "EACCES", "EISDIR", "EPERM", "EEXIST", "ENOSPC"],
    ]

    private static let files: [String: Set<String>] = [
        // docs/kernel/ap-bus.md, "Files of the bus"
        "ap_domain": ["EINVAL"], "apmask": ["EINVAL", "EBUSY"], "aqmask": ["EINVAL", "EBUSY"], "config_time": ["EINVAL"],
        "poll_thread": ["EINVAL"], "poll_timeout": ["EINVAL", "ERANGE"], "scans": [],
        "uevent": ["EINVAL", "ENOMEM"], "drivers_probe": ["ENODEV", "EINVAL"], "drivers_autoprobe": [],
        // §2
        "bind": ["ENODEV", "EBUSY", "EAGAIN"], "unbind": ["ENODEV"],
        // §4, §5
        "request_count": [], "reset": [], "config": ["EINVAL", "EOPNOTSUPP", "EIO"], "online": ["EINVAL", "ENODEV"],
        "driver_override": ["EINVAL"],
        // docs/kernel/mediated-devices.md, "Remove"
        "remove": ["EINVAL", "EAGAIN", "ENODEV"],
        // docs/kernel/vfio-ap.md, "Assigning", "ap_config"
        "assign_adapter": ["EINVAL", "ERANGE", "ENODEV", "EADDRNOTAVAIL", "EADDRINUSE"],
        "assign_domain": ["EINVAL", "ERANGE", "ENODEV", "EADDRNOTAVAIL", "EADDRINUSE"],
        "assign_control_domain": ["EINVAL", "ERANGE", "ENODEV"],
        "unassign_adapter": ["EINVAL", "ERANGE", "ENODEV"], "unassign_domain": ["EINVAL", "ERANGE", "ENODEV"],
        "unassign_control_domain": ["EINVAL", "ERANGE", "ENODEV"],
        "ap_config": ["EINVAL", "EADDRNOTAVAIL", "EADDRINUSE", "ENODEV"],
    ]

    /// Of a read: a queue that answers no TAPQ, and files of which only the mode says that they can be read.
    static func ofRead(of path: String) -> Set<String> {
        ["ap_functions", "class/zcrypt/create", "class/zcrypt/destroy"].contains { path.hasSuffix($0) } ? ["EIO"] : []
    }
}
