import Kernels
import Machine
import Testing

/// Parameters of modules on the kernel's command line: docs/kernel/boot.md, "The command line".
@Suite struct ModuleParameterTests {
    private static let threshold = "module/zcrypt/parameters/mempool_threshold"
    private static let seed = "module/zcrypt/parameters/hwrng_seed"
    private static let modules = "\(Host.control)/modules"

    private func boot(_ commandLine: String, _ release: KernelRelease = .v7_2) throws -> Host {
        var machine = MachineDescription.default
        machine.boot = .init(commandLine: commandLine, modules: nil)
        return try Host(machine, release: release)
    }

    private func log(_ host: Host) -> String { host.read("\(Host.control)/log") }

    @Test(arguments: [
        (KernelRelease.v7_2, "", threshold, "5\n"), (.v7_2, "zcrypt.mempool_threshold=0x10", threshold, "16\n"),
        (.v7_2, "zcrypt.mempool-threshold=3 zcrypt.mempool_threshold=7", threshold, "7\n"), (.v7_2, "", seed, "ENOENT"),
        (.v6_12, "", threshold, "ENOENT"), (.v6_12, "", seed, "ENOENT"), (.v6_1, "", seed, "1\n"),
        (.v6_1, "zcrypt.hwrng_seed=0", seed, "0\n"), (.v6_1, "zcrypt.hwrng_seed=-2", seed, "-2\n"),
        (.v6_1, "", threshold, "ENOENT"),
    ]) func aModuleShowsWithWhatItWasLoaded(
        _ release: KernelRelease, _ commandLine: String, _ path: String, _ text: String
    ) throws {
        let host = try boot(commandLine, release)
        #expect(host.read(path) == text)
        #expect(log(host) == "")
    }

    @Test(arguments: [
        (KernelRelease.v7_2, "zcrypt.mempool_threshold=x", "zcrypt: `x' invalid for parameter `mempool_threshold'\n"),
        (.v7_2, "zcrypt.mempool_threshold", "zcrypt: `' invalid for parameter `mempool_threshold'\n"),
        (.v7_2, "zcrypt.mempool_threshold=-1", "zcrypt: `-1' invalid for parameter `mempool_threshold'\n"),
        (.v7_2, "zcrypt.mempool_threshold=0", ""),
        (.v6_1, "zcrypt.hwrng_seed=yes", "zcrypt: `yes' invalid for parameter `hwrng_seed'\n"),
    ]) func aModuleWithAWrongParameterIsNotLoadedNorIsWhatNeedsIt(
        _ release: KernelRelease, _ commandLine: String, _ message: String
    ) throws {
        let host = try boot(commandLine, release)
        #expect(log(host) == message)
        #expect(!host.read(Self.modules).contains("zcrypt"))
        #expect(host.read("module/zcrypt/refcnt") == "ENOENT")
        #expect(host.read("bus/ap/bindings") == "0/16\n")
        #expect(host.read(Self.modules).contains("vfio_ap"))
        // modprobe tries again, and the kernel tells it again
        #expect(host.write("load zcrypt_cex4", to: Self.modules) == "EINVAL")
        #expect(log(host).hasPrefix(message + message))
        #expect(
            host.complaint.hasSuffix(
                "zcrypt_cex4, or a module that it needs, refuses its parameters on the command line of the boot"))
        #expect(!host.read("\(Host.control)/uevents").contains("/module/zcrypt"))
    }

    @Test(arguments: [
        (KernelRelease.v7_2, "zcrypt.foo=1", "zcrypt: unknown parameter 'foo' ignored\n"),
        (.v7_2, "zcrypt.hwrng_seed=0", "zcrypt: unknown parameter 'hwrng_seed' ignored\n"),
        (.v6_12, "zcrypt.mempool_threshold=0", "zcrypt: unknown parameter 'mempool_threshold' ignored\n"),
        (.v7_2, "vfio-ap.foo", "vfio_ap: unknown parameter 'foo' ignored\n"), (.v7_2, "kvm.nested=1 other.foo=1 zcrypt=5", ""),
    ]) func anUnknownParameterOfAModuleIsToldAndPassedOver(
        _ release: KernelRelease, _ commandLine: String, _ message: String
    ) throws {
        let host = try boot(commandLine, release)
        #expect(log(host) == message)
        #expect(host.read("bus/ap/bindings") == "16/16 (complete)\n")
    }
}
