// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]
let dependencies: [Target.Dependency] = [
    .product(name: "Emulator", package: "apmatrix"), .product(name: "SystemPackage", package: "swift-system"),
]

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "apmatrix", path: ".."),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .executableTarget(name: "assign", dependencies: dependencies, swiftSettings: settings),
        .executableTarget(name: "operations", dependencies: dependencies, swiftSettings: settings),
    ]
)
