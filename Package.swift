// swift-tools-version: 6.2
import PackageDescription

// Imports go down only: a target names every target it imports, and the build is run with
// `--explicit-target-dependency-import-check error` (see ops/build), so this file is the import table.

/// Settings of every target.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Settings of the pure targets: no unsafe construct without the word `unsafe`.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// What tests make certificates with.
let certificates = [
    crypto, .product(name: "SwiftASN1", package: "swift-asn1"), .product(name: "X509", package: "swift-certificates"),
]

/// A thin executable: one file that starts one service of `MeterlogApp`.
func service(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["MeterlogApp"], swiftSettings: strict)
}

/// The tests of a target, in `Tests/<Target>Tests`.
func tests(_ target: String, _ more: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(target)Tests",
        dependencies: [.target(name: target)] + more,
        swiftSettings: strict
    )
}

let package = Package(
    name: "meterlog",
    products: [
        .executable(name: "meterlog", targets: ["meterlog"]),
        .executable(name: "meterlog-bench", targets: ["meterlog-bench"]),
        // What ops/fuzz links with libFuzzer.
        .library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Layer 0: system libraries, headers only.
        .systemLibrary(name: "CRDKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CClock"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),

        // Layer 1: the vocabulary. No Foundation.
        .target(name: "MeterCore", swiftSettings: pure),
        .target(name: "StreamCore", swiftSettings: pure),
        .target(name: "Telemetry", swiftSettings: strict),
        .target(name: "KafkaProtocol", swiftSettings: strict),
        .target(name: "PayloadCompression", dependencies: ["CZlib", "CLZ4", "CLZMA"], swiftSettings: strict),

        // Layer 2: bytes, events and the deterministic processors. No I/O.
        .target(name: "MeterFormats", dependencies: ["MeterCore"], swiftSettings: pure),
        .target(name: "MeterEvents", dependencies: ["MeterCore", protobuf], swiftSettings: strict),
        .target(
            name: "Intake",
            dependencies: ["MeterCore", "StreamCore", "MeterFormats", "MeterEvents", "PayloadCompression"],
            swiftSettings: pure
        ),
        .target(
            name: "Normalization",
            dependencies: ["MeterCore", "StreamCore", "MeterFormats", "MeterEvents", "Intake"],
            swiftSettings: pure
        ),
        .target(name: "RuleSets", dependencies: ["MeterCore", "MeterEvents"], swiftSettings: pure),
        .target(
            name: "VEE",
            dependencies: ["MeterCore", "StreamCore", "MeterEvents", "RuleSets"],
            swiftSettings: pure
        ),
        .target(
            name: "Alarms",
            dependencies: ["MeterCore", "StreamCore", "MeterFormats", "MeterEvents", "Intake"],
            swiftSettings: pure
        ),
        .target(name: "Snapshots", dependencies: ["StreamCore"], swiftSettings: pure),
        .target(name: "LogStorage", dependencies: ["KafkaProtocol"], swiftSettings: strict),

        // Layer 3: the outside world and the loop.
        .target(name: "KafkaIO", dependencies: ["CRDKafka", "StreamCore"], swiftSettings: strict),
        .target(name: "PostgresIO", dependencies: ["CPostgres"], swiftSettings: strict),
        .target(name: "StreamRuntime", dependencies: ["StreamCore", "Snapshots", "Telemetry"], swiftSettings: strict),
        .target(
            name: "EmbeddedLog",
            dependencies: [
                "KafkaProtocol", "LogStorage", "PayloadCompression", "Telemetry", nioCore, nioPosix, nioSSL, nioTLS,
                crypto, logging,
            ],
            swiftSettings: strict
        ),

        .target(
            name: "HTTPServing",
            dependencies: ["Telemetry", hummingbird, httpTypes, logging, nioCore],
            swiftSettings: strict
        ),
        .target(
            name: "Monitoring",
            dependencies: [
                "Telemetry", "HTTPServing", hummingbird, httpTypes, coreMetrics, logging, lifecycle, nioCore,
            ],
            swiftSettings: strict
        ),

        // Layer 4: the services.
        .target(name: "TopicCatalog", dependencies: ["StreamCore", "KafkaIO", yams], swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "MeterCore", "StreamCore", "MeterFormats", "PayloadCompression", "KafkaIO", "Telemetry",
                "HTTPServing", httpTypes, hummingbird, crypto, logging, lifecycle, nioCore,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Projection",
            dependencies: [
                "MeterCore", "StreamCore", "MeterEvents", "KafkaIO", "PostgresIO", "Telemetry", crypto, logging,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "QueryAPI",
            dependencies: [
                "MeterCore", "PostgresIO", "Telemetry", "HTTPServing", httpTypes, hummingbird, logging, lifecycle,
                nioCore,
            ],
            swiftSettings: strict
        ),

        // Layer 5: the only reader of environment and files.
        .target(name: "Settings", dependencies: ["MeterCore", yams], swiftSettings: strict),

        // Layer 6: the executables.
        .target(
            name: "MeterlogApp",
            dependencies: [
                "MeterCore", "StreamCore", "Telemetry", "PayloadCompression", "MeterFormats", "MeterEvents",
                "Intake", "Normalization", "RuleSets", "VEE", "Alarms", "Snapshots", "KafkaIO", "PostgresIO",
                "StreamRuntime",
                "KafkaProtocol",
                "LogStorage", "EmbeddedLog", "TopicCatalog", "Gateway", "Projection", "QueryAPI", "Settings",
                "HTTPServing", "Monitoring",
                "HeadEndSimulator", "SimulationKit", "CClock", argumentParser, coreMetrics, crypto, logging,
                lifecycle, unixSignals,
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "meterlog", dependencies: ["MeterlogApp"], swiftSettings: strict),
        service("meterlog-gateway"),
        service("meterlog-normalizer"),
        service("meterlog-vee"),
        service("meterlog-alarms"),
        service("meterlog-projector"),
        service("meterlog-api"),

        // Test kits.
        .target(name: "HeadEndSimulator", dependencies: ["MeterCore"], swiftSettings: pure),
        .target(
            name: "SimulationKit",
            dependencies: ["StreamCore", "Snapshots", "StreamRuntime"],
            swiftSettings: strict
        ),
        .target(
            name: "MeterBench",
            dependencies: [
                "MeterCore", "StreamCore", "Telemetry", "MeterFormats", "PayloadCompression", "MeterEvents", "Intake",
                "Normalization",
                "RuleSets", "VEE", "Snapshots", "KafkaIO", "StreamRuntime", "HeadEndSimulator", "SimulationKit",
                "Settings",
                argumentParser,
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "meterlog-bench", dependencies: ["MeterBench"], swiftSettings: strict),

        .target(
            name: "FuzzTargets",
            dependencies: ["MeterCore", "KafkaProtocol", "MeterFormats", "LogStorage", "EmbeddedLog"],
            swiftSettings: strict
        ),

        tests("MeterCore"),
        tests("StreamCore"),
        tests("Telemetry"),
        tests("KafkaProtocol"),
        tests("PayloadCompression"),
        tests("MeterFormats", ["MeterCore", "PayloadCompression"]),
        tests("MeterEvents", ["MeterCore", protobuf]),
        tests("Normalization", ["MeterCore", "StreamCore", "MeterFormats", "MeterEvents", "SimulationKit"]),
        tests("RuleSets", ["MeterCore", "MeterEvents"]),
        tests("VEE", ["MeterCore", "StreamCore", "MeterEvents", "RuleSets", "SimulationKit"]),
        tests("Alarms", ["MeterCore", "StreamCore", "MeterEvents", "SimulationKit"]),
        tests("Snapshots", ["StreamCore"]),
        tests("LogStorage", ["KafkaProtocol"]),
        tests("KafkaIO", ["StreamCore", "StreamRuntime", "SimulationKit", "Telemetry"]),
        tests("PostgresIO"),
        tests("StreamRuntime", ["StreamCore", "Snapshots", "SimulationKit", "Telemetry"]),
        tests(
            "EmbeddedLog",
            ["KafkaProtocol", "LogStorage", "KafkaIO", "StreamCore", "PayloadCompression", "Telemetry"] + certificates
        ),
        tests("HTTPServing", [httpTypes]),
        tests("Monitoring", ["PostgresIO", "Telemetry", coreMetrics, logging, lifecycle]),
        tests("TopicCatalog", ["KafkaIO"]),
        tests("Gateway", ["HTTPServing", "PayloadCompression", "Telemetry", lifecycle, logging]),
        tests("Projection", ["MeterCore", "StreamCore", "MeterEvents", "PostgresIO", "KafkaIO", "Telemetry", logging]),
        tests("QueryAPI", ["PostgresIO", "HTTPServing", "Telemetry", logging]),
        tests("Settings", ["MeterCore"]),
        tests("HeadEndSimulator", ["MeterCore", "MeterFormats"]),
        tests(
            "MeterBench",
            ["MeterCore", "StreamCore", "MeterEvents", "VEE", "KafkaIO", "StreamRuntime", "SimulationKit", "Telemetry"]
        ),
        tests("FuzzTargets"),
        tests(
            "MeterlogApp",
            [
                "MeterCore", "MeterFormats", "Settings", "StreamCore", "Telemetry", "Normalization", "VEE", "Alarms",
                "SimulationKit", "QueryAPI",
            ]
        ),
    ]
)
