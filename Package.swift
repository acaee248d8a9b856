// swift-tools-version: 6.2
import PackageDescription

// Packages of others
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "apmatrix",
    products: [
        .executable(name: "apmatrix", targets: ["apmatrix"]),
        .library(name: "FUSE", targets: ["FUSE"]),
        // a machine in process: Emulator, and every module whose types its public declarations show
        .library(
            name: "Emulator",
            targets: [
                "Emulator", "APBus", "DriverCore", "Sysfs", "Kernels", "VFS", "Machine", "AdjunctProcessor", "Journals",
                "KernelLocks",
                "LockOrder", "SystemAdditions",
            ]),
        // for Fuzzing/
        .library(name: "Recordings", targets: ["Recordings", "VFS", "Sysfs", "Kernels", "Journals", "LockOrder"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Libraries for anybody: they know nothing of what is below.
        .target(name: "SystemAdditions", dependencies: [system]),
        .target(name: "Suggestions"),
        .target(name: "Hexadecimal"),
        .target(name: "Journals"),
        .target(name: "LockOrder"),
        .target(name: "Interleavings", dependencies: ["LockOrder"]),
        .target(name: "TrustedPaths", dependencies: ["CLinux", "SystemAdditions", system]),
        .systemLibrary(name: "CFuse", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
        .target(name: "FUSE", dependencies: ["CFuse", "TrustedPaths", "CLinux", "SystemAdditions", system, collections]),
        .systemLibrary(name: "CLinux"),
        .target(name: "Namespaces", dependencies: ["TrustedPaths", "CLinux", "SystemAdditions", system]),
        .target(name: "Netlink", dependencies: ["CLinux", "SystemAdditions", system]),

        // The kernel's layers, the lowest first.
        .target(name: "Kernels"),
        .target(name: "KernelLocks", dependencies: ["LockOrder"]),
        .target(name: "Sysfs", dependencies: ["Kernels", "Journals", "SystemAdditions", "LockOrder", system]),
        .target(name: "VFS", dependencies: ["CLinux", "Sysfs", "Kernels", "SystemAdditions", "LockOrder", system]),
        .target(
            name: "DriverCore",
            dependencies: ["Sysfs", "Kernels", "Journals", "SystemAdditions", "KernelLocks", "LockOrder", system, collections]),
        .target(name: "AdjunctProcessor", dependencies: ["Hexadecimal"]),
        .target(
            name: "Mdev", dependencies: ["DriverCore", "Sysfs", "Kernels", "SystemAdditions", "KernelLocks", "LockOrder", system]),
        .target(name: "KVM", dependencies: ["AdjunctProcessor", "KernelLocks", "LockOrder"]),
        .target(
            name: "APBus",
            dependencies: [
                "AdjunctProcessor", "DriverCore", "Sysfs", "Hexadecimal", "Kernels", "SystemAdditions", "KernelLocks",
                "LockOrder", system,
            ]),
        .target(
            name: "VFIOAP",
            dependencies: [
                "APBus", "Mdev", "KVM", "AdjunctProcessor", "DriverCore", "Sysfs", "Hexadecimal", "Kernels", "SystemAdditions",
                "KernelLocks", "LockOrder", system,
            ]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "Machine",
            dependencies: [
                "CYAML", "CLinux", "AdjunctProcessor", "Journals", "Suggestions", "Hexadecimal", "SystemAdditions", system,
            ],
            resources: [.embedInCode("Machines")]),

        // What is made of them.
        .target(
            name: "Emulator",
            dependencies: [
                "VFIOAP", "APBus", "Mdev", "KVM", "Machine", "AdjunctProcessor", "DriverCore", "VFS", "Sysfs", "Journals",
                "Kernels", "Suggestions", "SystemAdditions", "KernelLocks", "LockOrder", system,
            ]),
        .target(
            name: "SysfsMount", dependencies: ["FUSE", "DriverCore", "Sysfs", "Kernels", "SystemAdditions", "LockOrder", system]),
        .target(name: "Recordings", dependencies: ["CLinux", "VFS", "Kernels", "SystemAdditions", system]),
        .target(
            name: "Judge",
            dependencies: [
                "Emulator", "Recordings", "Machine", "AdjunctProcessor", "DriverCore", "VFS", "Sysfs", "Kernels", system,
            ]),
        .target(
            name: "Sandbox",
            dependencies: [
                "SysfsMount", "Emulator", "FUSE", "Namespaces", "Netlink", "TrustedPaths", "CLinux", "Machine", "DriverCore",
                "Sysfs", "Kernels", "SystemAdditions", "LockOrder", system,
            ]),

        // Programs
        .executableTarget(
            name: "apmatrix",
            dependencies: [
                "Sandbox", "Judge", "SysfsMount", "Emulator", "Recordings", "FUSE", "CLinux", "Machine", "DriverCore", "Sysfs",
                "Hexadecimal", "Kernels", "Suggestions", "SystemAdditions", system, argumentParser,
            ]),
        .executableTarget(
            name: "apmatrix-stress",
            dependencies: [
                "SysfsMount", "Emulator", "FUSE", "CLinux", "Machine", "AdjunctProcessor", "DriverCore", "Sysfs", "LockOrder",
                "APBus", "Hexadecimal", "Interleavings", system, argumentParser,
            ]),

        // Tests, and what they share
        .target(
            name: "KernelTesting", dependencies: ["VFS", "DriverCore", "Sysfs", "SystemAdditions", system],
            path: "Tests/KernelTesting"),
        .target(name: "ProgramTesting", path: "Tests/ProgramTesting"),
        .target(name: "Waiting", path: "Tests/Waiting"),
        .testTarget(name: "LockOrderTests", dependencies: ["Waiting", "KernelLocks", "LockOrder"], exclude: ["Snippets"]),
        .testTarget(name: "FUSETests", dependencies: ["Waiting", "FUSE", "SystemAdditions", system]),
        .testTarget(name: "TrustedPathsTests", dependencies: ["TrustedPaths", system]),
        .testTarget(name: "NetlinkTests", dependencies: ["Netlink"]),
        .testTarget(
            name: "SysfsTests",
            dependencies: ["Waiting", "Sysfs", "Hexadecimal", "Kernels", "SystemAdditions", "LockOrder", system]),
        .testTarget(name: "JournalsTests", dependencies: ["Journals"]),
        .testTarget(name: "SystemAdditionsTests", dependencies: ["SystemAdditions", system]),
        .testTarget(name: "SuggestionsTests", dependencies: ["Suggestions"]),
        .testTarget(name: "AdjunctProcessorTests", dependencies: ["Waiting", "AdjunctProcessor", "Interleavings"]),
        .testTarget(
            name: "MachineTests", dependencies: ["Waiting", "Machine", "AdjunctProcessor", "SystemAdditions", system]),
        .testTarget(
            name: "DriverCoreTests",
            dependencies: [
                "Waiting", "KernelTesting", "DriverCore", "Sysfs", "Kernels", "SystemAdditions", "KernelLocks", "LockOrder",
                system,
            ]),
        .testTarget(
            name: "MdevTests",
            dependencies: [
                "Waiting", "KernelTesting", "Mdev", "DriverCore", "Sysfs", "Kernels", "SystemAdditions", "KernelLocks",
                "LockOrder", system,
            ]),
        .testTarget(name: "KVMTests", dependencies: ["KVM", "Machine", "AdjunctProcessor", "KernelLocks", "LockOrder"]),
        .testTarget(
            name: "APBusTests",
            dependencies: [
                "Waiting", "KernelTesting", "APBus", "Machine", "AdjunctProcessor", "DriverCore", "Sysfs", "Kernels",
                "SystemAdditions", "KernelLocks", "LockOrder", system,
            ]),
        .testTarget(
            name: "VFIOAPTests",
            dependencies: [
                "Waiting", "KernelTesting", "VFIOAP", "APBus", "Mdev", "KVM", "Machine", "AdjunctProcessor", "DriverCore",
                "Sysfs", "Kernels", "SystemAdditions", "LockOrder", system,
            ]),
        .testTarget(
            name: "EmulatorTests",
            dependencies: [
                "Waiting", "KernelTesting", "Emulator", "APBus", "Machine", "AdjunctProcessor", "DriverCore", "VFS", "Sysfs",
                "Kernels", "SystemAdditions", "KernelLocks", "LockOrder", system,
            ]),
        .testTarget(
            name: "RecordingsTests",
            dependencies: [
                "Waiting", "Recordings", "VFS", "Sysfs", "Journals", "Kernels", "SystemAdditions", "LockOrder", system,
            ]),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "APBus", "Waiting", "ProgramTesting", "Judge", "SysfsMount", "Emulator", "Recordings", "FUSE", "Machine",
                "AdjunctProcessor", "DriverCore", "KernelLocks", "LockOrder", "VFS", "Sysfs", "Kernels", "SystemAdditions",
                system,
            ]),
        .testTarget(
            name: "InterleavingTests",
            dependencies: [
                "Waiting", "Interleavings", "apmatrix-stress", "Emulator", "VFIOAP", "APBus", "Mdev", "KVM", "Machine",
                "AdjunctProcessor", "DriverCore", "VFS", "Sysfs", "Kernels", "SystemAdditions", "LockOrder", system,
            ]),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Waiting", "Emulator", "Recordings", "DriverCore", "VFS", "Sysfs", "Hexadecimal", "Interleavings", "Kernels",
                "SystemAdditions", system,
            ]),
        .testTarget(
            name: "SandboxTests",
            dependencies: ["Sandbox", "FUSE", "Namespaces", "Machine", "AdjunctProcessor", "SystemAdditions", system]),
        .testTarget(
            name: "CommandLineTests", dependencies: ["Waiting", "apmatrix", "ProgramTesting"], exclude: ["Interruption"]),
        .testTarget(name: "ClientTests", dependencies: ["Waiting", "apmatrix", "ProgramTesting"], exclude: ["Programs"]),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableExperimentalFeature("Lifetimes"),
        .treatAllWarnings(as: .error),
    ]
}
