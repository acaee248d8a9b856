// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "apmatrix",
    // for Benchmarks/, a package of its own
    products: [
        .executable(name: "apmatrix", targets: ["apmatrix"]),
        .library(name: "FUSE", targets: ["FUSE"]),
        .library(name: "Emulator", targets: ["Emulator", "Recordings", "Machine", "DriverCore", "Sysfs", "AdjunctProcessor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "LockOrder", swiftSettings: settings),
        .target(name: "Interleavings", dependencies: ["LockOrder"], swiftSettings: settings),
        .target(name: "Sysfs", dependencies: ["LockOrder", system], swiftSettings: settings),
        .target(
            name: "DriverCore",
            dependencies: ["Sysfs", "LockOrder", system, .product(name: "Collections", package: "swift-collections")],
            swiftSettings: settings),
        .target(name: "AdjunctProcessor", swiftSettings: settings),
        .target(name: "Mdev", dependencies: ["DriverCore", "Sysfs", "LockOrder", system], swiftSettings: settings),
        .target(name: "KVM", dependencies: ["AdjunctProcessor", "LockOrder"], swiftSettings: settings),
        .target(
            name: "APBus", dependencies: ["AdjunctProcessor", "DriverCore", "Sysfs", "LockOrder", system], swiftSettings: settings),
        .target(
            name: "Machine", dependencies: ["AdjunctProcessor", system, .product(name: "Yams", package: "Yams")],
            swiftSettings: settings),
        .target(
            name: "VFIOAP", dependencies: ["APBus", "Mdev", "KVM", "AdjunctProcessor", "DriverCore", "Sysfs", "LockOrder", system],
            swiftSettings: settings),
        .target(name: "Recordings", dependencies: ["Sysfs", "LockOrder", system], swiftSettings: settings),
        .systemLibrary(name: "CFuse", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
        .target(name: "FUSE", dependencies: ["CFuse", system], swiftSettings: settings),
        .systemLibrary(name: "CLinux"),
        .target(name: "Namespaces", dependencies: ["CLinux", system], swiftSettings: settings),
        .target(name: "Netlink", dependencies: ["CLinux", system], swiftSettings: settings),
        .target(
            name: "Sandbox",
            dependencies: [
                "Emulator", "FUSE", "Namespaces", "Netlink", "CLinux", "Machine", "DriverCore", "Sysfs", "LockOrder", system,
            ], swiftSettings: settings),
        .target(
            name: "Emulator",
            dependencies: [
                "FUSE", "Recordings",
                "VFIOAP", "APBus", "Mdev", "KVM", "Machine", "AdjunctProcessor", "DriverCore", "Sysfs", "LockOrder", system,
            ], swiftSettings: settings),
        .executableTarget(
            name: "apmatrix",
            dependencies: [
                "Sandbox", "Emulator", "Recordings", "FUSE", "Machine", "DriverCore", "Sysfs", system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),
        .executableTarget(
            name: "apmatrix-stress",
            dependencies: [
                "Emulator", "FUSE", "Machine", "AdjunctProcessor", "DriverCore", "Sysfs", "LockOrder", "APBus", system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["Emulator", "Recordings", "FUSE", "Machine", "DriverCore", "Sysfs", system], swiftSettings: settings),
        .testTarget(
            name: "EmulatorTests", dependencies: ["Emulator", "Recordings", "Machine", "DriverCore", "Sysfs", system], swiftSettings: settings),
        .testTarget(
            name: "InterleavingTests",
            dependencies: [
                "Interleavings", "apmatrix-stress", "Emulator", "VFIOAP", "APBus", "Mdev", "KVM", "Machine", "AdjunctProcessor", "Recordings",
                "DriverCore", "Sysfs", "LockOrder", system,
            ], swiftSettings: settings),
        .target(
            name: "KernelTesting", dependencies: ["Recordings", "DriverCore", "Sysfs", system], path: "Tests/KernelTesting",
            swiftSettings: settings),
        .testTarget(
            name: "DriverCoreTests", dependencies: ["KernelTesting", "DriverCore", "Sysfs", "LockOrder", system], swiftSettings: settings),
        .testTarget(
            name: "KVMTests", dependencies: ["KVM", "Machine", "AdjunctProcessor", "LockOrder"], swiftSettings: settings),
        .testTarget(
            name: "MdevTests", dependencies: ["KernelTesting", "Mdev", "DriverCore", "Sysfs", "LockOrder", system], swiftSettings: settings),
        .testTarget(
            name: "APBusTests",
            dependencies: ["KernelTesting", "APBus", "Machine", "AdjunctProcessor", "DriverCore", "Sysfs", "LockOrder", system],
            swiftSettings: settings),
        .testTarget(
            name: "VFIOAPTests",
            dependencies: [
                "KernelTesting", "VFIOAP", "APBus", "Mdev", "KVM", "Machine", "AdjunctProcessor", "DriverCore", "Sysfs", "LockOrder", system,
            ], swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["Emulator", "Recordings", "DriverCore", "Sysfs", system], swiftSettings: settings),
        .testTarget(name: "FUSETests", dependencies: ["FUSE", system], swiftSettings: settings),
        .testTarget(name: "LockOrderTests", dependencies: ["LockOrder"], exclude: ["Snippets"], swiftSettings: settings),
        .target(name: "ProgramTesting", path: "Tests/ProgramTesting", swiftSettings: settings),
        .testTarget(name: "CommandLineTests", dependencies: ["apmatrix", "ProgramTesting"], swiftSettings: settings),
        .testTarget(name: "ClientTests", dependencies: ["apmatrix", "ProgramTesting"], exclude: ["Programs"], swiftSettings: settings),
        .testTarget(name: "NetlinkTests", dependencies: ["Netlink"], swiftSettings: settings),
        .testTarget(name: "SandboxTests", dependencies: ["Sandbox", "Namespaces", "Machine", "AdjunctProcessor", system], swiftSettings: settings),
        .testTarget(name: "AdjunctProcessorTests", dependencies: ["AdjunctProcessor"], swiftSettings: settings),
        .testTarget(name: "MachineTests", dependencies: ["Machine", "AdjunctProcessor", system], swiftSettings: settings),
        .testTarget(
            name: "RecordingsTests", dependencies: ["Recordings", "Sysfs", "LockOrder", system], swiftSettings: settings),
        .testTarget(name: "SysfsTests", dependencies: ["Sysfs", "LockOrder", system], swiftSettings: settings),
    ]
)
