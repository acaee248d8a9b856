internal import Emulator
internal import Namespaces
internal import SystemPackage

/// The host's /dev, shown around the nodes of the emulated devices.
struct HostDevices: ~Copyable {
    private let host: HostDirectory
    /// What the emulated /dev needs for it.
    let places: [String: DeviceFileSystem.Place]

    /// To be made before anything is mounted over /dev.
    ///
    /// - Parameter nodes: the names of emulated nodes, which come first.
    init(except nodes: some Sequence<String>) throws(Errno) {
        host = try HostDirectory("/dev")
        let ours = Set(nodes.compactMap { $0.split(separator: "/").first.map(String.init) }).union(["vfio"])
        var places: [String: DeviceFileSystem.Place] = [:]
        for (name, kind) in host.entries() where !ours.contains(name) {
            switch kind {
            case .directory: places[name] = .directory
            case .link: places[name] = host.target(name).map { .link($0) }
            case .other: places[name] = .file
            }
        }
        self.places = places
    }

    func mount(at root: String) throws(NamespaceError) {
        for (name, place) in places where place == .directory || place == .file {
            try host.bind(name, at: root + "/" + name)
        }
    }
}
