// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as an outsider would write it: it sees the products of apmatrix and nothing else.
let package = Package(
    name: "examples",
    dependencies: [.package(name: "apmatrix", path: "..")],
    targets: [
        .executableTarget(
            name: "in-process", dependencies: [.product(name: "Emulator", package: "apmatrix")],
            swiftSettings: [
                .swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error),
            ])
    ]
)
