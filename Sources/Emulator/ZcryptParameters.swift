internal import DriverCore
internal import Kernels
internal import Sysfs
internal import SystemAdditions
internal import SystemPackage

/// /sys/module/zcrypt/parameters: what zcrypt was loaded with.
///
/// Kernel: drivers/s390/crypto/zcrypt_api.c.
struct ZcryptParameters: Sendable {
    /// How many messages are kept for requests of the kernel; 7.2.
    private(set) var mempoolThreshold: UInt32 = 5
    /// 0: the random number generator does not feed the kernel's own; 6.1.
    private(set) var hwrngSeed: Int32 = 1

    /// Takes what is given; a parameter that is not known is told in the log.
    ///
    /// - Throws: `EINVAL` for a value that is no number or does not fit, which is told, too, and for a threshold of 0, which is not.
    init(_ words: [KernelCommandLine.Word], _ release: KernelRelease, _ log: KernelLog) throws(Errno) {
        let reader = ParameterReader(of: "zcrypt", log: log)
        for (name, value) in words {
            let isTaken: Bool
            switch name.replacing("-", with: "_") {
            case "mempool_threshold" where release.has(.poolsMessages): isTaken = reader.take(&mempoolThreshold, value, name)
            case "hwrng_seed" where release.has(.seedsRandomNumbers): isTaken = reader.take(&hwrngSeed, value, name)
            default:
                reader.ignore(name)
                isTaken = true
            }
            guard isTaken else { throw .EINVAL }
        }
        guard mempoolThreshold > 0 else { throw .EINVAL }
    }

    /// Adds the files that the release has to the module's directory; without any there is no folder for them.
    ///
    /// - Throws: `ENODEV` where the tree is being taken apart.
    func add(to zcrypt: Module, _ kernel: Kernel) throws(Errno) {
        var rows: [Attribute<ZcryptParameters>] = []
        if kernel.release.has(.poolsMessages) {
            rows.append(
                Attribute("mempool_threshold", Permissions(rawValue: 0o400)) { parameters, page, _ in
                    page.emit("\(parameters.mempoolThreshold)\n")
                })
        }
        if kernel.release.has(.seedsRandomNumbers) {
            rows.append(
                Attribute("hwrng_seed", Permissions(rawValue: 0o440)) { parameters, page, _ in
                    page.emit("\(parameters.hwrngSeed)\n")
                })
        }
        guard !rows.isEmpty else { return }
        try kernel.directory("module", zcrypt.name, "parameters").addAttributes(
            AttributeTable(rows, release: kernel.release), of: self)
    }
}
