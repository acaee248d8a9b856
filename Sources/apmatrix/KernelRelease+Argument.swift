public import ArgumentParser
internal import Kernels

/// A release as it is written on a command line: `--kernel 6.12`, or `-o kernel=6.12`, for mount(8) and fstab have options only.
extension KernelRelease: ExpressibleByArgument {
    /// All that there are, for people.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")

    private static let mountOption = "kernel="

    /// The last one that is among mount options, which are left without; nil where there is none.
    ///
    /// - Throws: `ValidationError`: there is no such release.
    static func taken(from options: inout [String]) throws(ValidationError) -> KernelRelease? {
        let named = options.filter { $0.hasPrefix(mountOption) }
        options.removeAll { $0.hasPrefix(mountOption) }
        guard let option = named.last else { return nil }
        guard let release = KernelRelease(rawValue: String(option.dropFirst(mountOption.count))) else {
            throw ValidationError("'-o \(option)' is no kernel that is known: \(names)")
        }
        return release
    }
}
