// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// One executable for each parser; `run` builds them all with the coverage that the fuzzer needs.
func harness(_ name: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: [
            "Harness", .product(name: "Emulator", package: "apmatrix"), .product(name: "Recordings", package: "apmatrix"),
            .product(name: "SystemPackage", package: "swift-system"),
        ], swiftSettings: settings)
}

let package = Package(
    name: "fuzzing",
    dependencies: [
        .package(name: "apmatrix", path: ".."),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .systemLibrary(name: "CFuzzer"),
        .target(name: "Harness", dependencies: ["CFuzzer"], swiftSettings: settings),
        harness("masks"), harness("numbers"), harness("config"), harness("uuids"), harness("uevents"), harness("yaml"),
        harness("commands"), harness("requests"),
    ]
)
