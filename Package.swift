// swift-tools-version: 6.2
import Foundation
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// The folders under Sources/, lowest first. A module may need modules of its own layer or a lower one.
enum Layer: Int { case core, effects, runtime, app, support }

/// Filled as modules are declared, so that the order of the lists below is also the order of dependency.
nonisolated(unsafe) var layers: [String: Layer] = [:]
nonisolated(unsafe) var needsOf: [String: [String]] = [:]

/// `MARTLET_ONLY=GoTemplate,HelmCharts swift test` declares these modules and what they need, and nothing else.
let only = ProcessInfo.processInfo.environment["MARTLET_ONLY"]?.split(separator: ",").map(String.init)

func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: URL(filePath: #filePath).deletingLastPathComponent().path() + path)
}

func module(
    _ name: String,
    _ layer: Layer,
    needs: [String] = [],
    packages: [Target.Dependency] = [],
    tests: [String] = [],
    embeds: [String] = []
) -> [Target] {
    for need in needs {
        guard let other = layers[need] else { fatalError("\(name) needs \(need), which is not declared above it") }
        guard other.rawValue <= layer.rawValue else { fatalError("\(name) (\(layer)) may not need \(need) (\(other))") }
    }
    layers[name] = layer
    needsOf[name] = needs
    let folder = "\(layer)".capitalized
    let documentation = exists("Sources/\(folder)/\(name)/\(name).docc") ? ["\(name).docc"] : []
    var targets: [Target] = [
        .target(
            name: name,
            dependencies: needs.map { .byName(name: $0) } + packages,
            path: "Sources/\(folder)/\(name)",
            exclude: documentation,
            resources: embeds.map { .embedInCode($0) },
            swiftSettings: settings
        )
    ]
    if exists("Tests/\(folder)/\(name)Tests") {
        needsOf["\(name)Tests"] = [name, "TestSupport"] + needs + tests
        targets.append(
            .testTarget(
                name: "\(name)Tests",
                dependencies: ([name, "TestSupport"] + needs.filter { !$0.hasPrefix("C") || layers[$0] != nil } + tests)
                    .map { .byName(name: $0) } + packages,
                path: "Tests/\(folder)/\(name)Tests",
                exclude: exists("Tests/\(folder)/\(name)Tests/Golden") ? ["Golden"] : [],
                swiftSettings: settings
            )
        )
    }
    return targets
}

/// A program: a `main` over a library of commands.
func executable(_ name: String, needs: [String]) -> [Target] {
    needsOf[name] = needs
    return [
        .executableTarget(
            name: name,
            dependencies: needs.map { .byName(name: $0) },
            path: "Sources/App/\(name)",
            swiftSettings: settings
        )
    ]
}

/// A C library found by pkg-config, with a module map and a header of our own.
func systemLibrary(_ name: String, _ layer: Layer, pkgConfig: String) -> [Target] {
    layers[name] = layer
    return [.systemLibrary(name: name, path: "Sources/\("\(layer)".capitalized)/\(name)", pkgConfig: pkgConfig)]
}

/// A few lines of C or C++ around a library whose interface Swift cannot import.
func shim(_ name: String, _ layer: Layer, needs: [String] = [], links: [String] = []) -> [Target] {
    layers[name] = layer
    needsOf[name] = needs
    return [
        .target(
            name: name,
            dependencies: needs.map { .byName(name: $0) },
            path: "Sources/\("\(layer)".capitalized)/\(name)",
            linkerSettings: links.map { .linkedLibrary($0) }
        )
    ]
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

let core: [[Target]] = [
    systemLibrary("CLibyaml", .core, pkgConfig: "yaml-0.1"),
    systemLibrary("CZlib", .core, pkgConfig: "zlib"),
    shim("CRE2", .core, links: ["re2"]),
    module("SourceDiagnostics", .core),
    module("SourceFiles", .core, needs: ["SourceDiagnostics"]),
    module("StructuredValue", .core),
    module("ValueSharing", .core, needs: ["StructuredValue"]),
    module("SemanticVersion", .core),
    module("LinearRegex", .core, needs: ["CRE2"]),
    module("YAMLFormat", .core, needs: ["CLibyaml", "SourceDiagnostics", "StructuredValue"]),
    module("CELExpressions", .core, needs: ["LinearRegex", "StructuredValue"]),
    module(
        "SchemaValidation",
        .core,
        needs: ["CELExpressions", "LinearRegex", "SourceDiagnostics", "StructuredValue"]
    ),
    module("JSONSchema", .core, needs: ["LinearRegex", "StructuredValue"]),
    module("KubernetesModel", .core, needs: ["SourceDiagnostics", "StructuredValue"]),
    module("ClusterInspection", .core, needs: ["KubernetesModel", "StructuredValue"]),
    module("KubernetesMerge", .core, needs: ["StructuredValue"]),
    module("GoTemplate", .core, needs: ["SourceDiagnostics", "StructuredValue"]),
    module(
        "SprigFunctions",
        .core,
        needs: ["GoTemplate", "LinearRegex", "SemanticVersion", "SourceDiagnostics", "StructuredValue", "YAMLFormat"],
        packages: [crypto, cryptoExtras, x509, asn1]
    ),
    module(
        "HelmCharts",
        .core,
        needs: [
            "CZlib", "GoTemplate", "JSONSchema", "KubernetesModel", "LinearRegex", "SemanticVersion",
            "SourceDiagnostics", "SourceFiles", "SprigFunctions", "StructuredValue", "YAMLFormat",
        ]
    ),
    module(
        "Overlays",
        .core,
        needs: [
            "KubernetesMerge", "KubernetesModel", "LinearRegex", "SourceDiagnostics", "SourceFiles", "StructuredValue",
            "YAMLFormat",
        ],
        packages: [crypto]
    ),
    module(
        "ClusterTopology",
        .core,
        needs: [
            "CELExpressions", "GoTemplate", "KubernetesMerge", "KubernetesModel", "SchemaValidation", "SemanticVersion",
            "SourceDiagnostics", "SprigFunctions", "StructuredValue", "YAMLFormat",
        ],
        packages: [crypto]
    ),
    module(
        "ClusterAPIConversion",
        .core,
        needs: ["KubernetesModel", "StructuredValue"],
        tests: ["YAMLFormat"]
    ),
    module(
        "FleetModel",
        .core,
        needs: [
            "ClusterTopology", "KubernetesModel", "SemanticVersion", "SourceDiagnostics", "SourceFiles",
            "StructuredValue", "YAMLFormat",
        ]
    ),
    module(
        "FleetRendering",
        .core,
        needs: [
            "ClusterTopology", "FleetModel", "HelmCharts", "KubernetesModel", "Overlays", "SemanticVersion",
            "SourceDiagnostics", "SourceFiles", "StructuredValue", "YAMLFormat",
        ],
        packages: [crypto]
    ),
    module(
        "FleetPlanning",
        .core,
        needs: [
            "ClusterInspection", "ClusterTopology", "FleetModel", "KubernetesModel", "SemanticVersion",
            "SourceDiagnostics",
            "StructuredValue",
        ],
        packages: [crypto],
        tests: ["SourceFiles", "YAMLFormat"]
    ),
    module(
        "CatalogModel",
        .core,
        needs: ["SemanticVersion", "SourceDiagnostics", "SourceFiles", "StructuredValue", "YAMLFormat"],
        packages: [crypto]
    ),
    module(
        "RepositoryEdits",
        .core,
        needs: [
            "FleetModel", "FleetPlanning", "FleetRendering", "KubernetesModel", "SemanticVersion", "SourceDiagnostics",
            "SourceFiles", "StructuredValue", "YAMLFormat",
        ]
    ),
    module(
        "MachineDecisions",
        .core,
        needs: ["KubernetesModel", "SemanticVersion", "StructuredValue", "YAMLFormat"],
        packages: [crypto]
    ),
]

let effects: [[Target]] = [
    systemLibrary("CLibgit2", .effects, pkgConfig: "libgit2"),
    systemLibrary("CLibcurl", .effects, pkgConfig: "libcurl"),
    shim("CGitShims", .effects, needs: ["CLibcurl", "CLibgit2"]),
    shim("CCurlShims", .effects, needs: ["CLibcurl"]),
    module("BlockingWork", .effects),
    module(
        "GitStore",
        .effects,
        needs: ["BlockingWork", "CGitShims", "CLibgit2", "SemanticVersion", "SourceFiles"]
    ),
    module("HTTPTransport", .effects, needs: ["BlockingWork", "CCurlShims", "CLibcurl"]),
    module(
        "HTTPServer",
        .effects,
        packages: [hummingbirdCore, hummingbirdTLS, httpTypes, logging, nioCore, nioPosix, nioSSL]
    ),
    module(
        "ChartCatalogs",
        .effects,
        needs: [
            "BlockingWork", "CatalogModel", "HTTPTransport", "SemanticVersion", "SourceDiagnostics", "StructuredValue",
        ]
    ),
    module(
        "KubernetesClient",
        .effects,
        needs: [
            "BlockingWork", "HTTPTransport", "KubernetesModel", "SourceDiagnostics", "StructuredValue", "YAMLFormat",
        ]
    ),
    module(
        "ManifestApply",
        .effects,
        needs: ["FleetPlanning", "KubernetesClient", "KubernetesModel", "StructuredValue"]
    ),
]

let runtime: [[Target]] = [
    module(
        "FleetLedger",
        .runtime,
        needs: ["BlockingWork", "KubernetesModel", "StructuredValue"],
        packages: [grdb]
    ),
    module("Telemetry", .runtime, needs: ["KubernetesModel"], packages: [logging]),
    module(
        "ControllerRuntime",
        .runtime,
        needs: ["KubernetesClient", "KubernetesModel", "SourceDiagnostics", "StructuredValue"],
        packages: [logging]
    ),
    module(
        "ResourceSetReconcilers",
        .runtime,
        needs: [
            "ControllerRuntime", "KubernetesClient", "KubernetesModel", "MachineDecisions", "StructuredValue",
        ],
        packages: [logging],
        tests: ["LabTestSupport"]
    ),
    module(
        "PoolReconcilers",
        .runtime,
        needs: [
            "ControllerRuntime", "KubernetesClient", "KubernetesModel", "MachineDecisions", "StructuredValue",
        ],
        packages: [logging],
        tests: ["ClusterSimulator", "HTTPTransport", "LabTestSupport", "ServerTestSupport", "YAMLFormat"]
    ),
    module(
        "MachineReconcilers",
        .runtime,
        needs: ["ControllerRuntime", "KubernetesClient", "KubernetesModel", "MachineDecisions", "StructuredValue"],
        packages: [logging],
        tests: ["APIServer", "APIStore", "ClusterSimulator", "HTTPTransport", "LabTestSupport", "ServerTestSupport"]
    ),
    module(
        "RemoteCatalogs",
        .runtime,
        needs: [
            "CatalogModel", "ChartCatalogs", "FleetModel", "FleetRendering", "GitStore", "HTTPTransport",
            "KubernetesModel", "SourceFiles", "StructuredValue",
        ],
        tests: ["HTTPServer", "SourceDiagnostics"]
    ),
    module(
        "FleetReconcilers",
        .runtime,
        needs: [
            "ClusterInspection", "ClusterTopology", "ControllerRuntime", "FleetLedger", "FleetModel", "FleetPlanning",
            "FleetRendering", "GitStore", "KubernetesClient", "KubernetesModel", "ManifestApply", "RemoteCatalogs",
            "SourceDiagnostics", "SourceFiles", "StructuredValue", "Telemetry", "ValueSharing",
        ],
        packages: [logging],
        tests: ["APIServer", "ClusterSimulator", "HTTPTransport", "LabTestSupport"]
    ),
    module(
        "APIStore",
        .runtime,
        needs: ["CZlib", "KubernetesModel", "StructuredValue"],
        packages: [grdb]
    ),
    module(
        "APIServer",
        .runtime,
        needs: [
            "APIStore", "CELExpressions", "ClusterAPIConversion", "HTTPServer", "KubernetesMerge", "KubernetesModel",
            "SchemaValidation",
            "SourceDiagnostics", "StructuredValue", "YAMLFormat",
        ],
        packages: [asn1, crypto, x509]
    ),
    module(
        "ClusterSimulator",
        .runtime,
        needs: [
            "APIServer", "APIStore", "ControllerRuntime", "FleetModel", "HTTPServer", "KubernetesModel",
            "SemanticVersion", "StructuredValue", "ValueSharing",
        ],
        packages: [logging],
        tests: ["SourceDiagnostics", "YAMLFormat"]
    ),
    module(
        "FleetAPI",
        .runtime,
        needs: [
            "ClusterInspection", "FleetLedger", "FleetReconcilers", "HTTPServer", "KubernetesModel", "StructuredValue",
            "Telemetry",
        ],
        packages: [crypto],
        tests: ["FleetPlanning", "JSONSchema", "SourceDiagnostics"]
    ),
    module("Dashboard", .runtime, embeds: ["Assets/index.html", "Assets/style.css", "Assets/app.js"]),
]

let app: [[Target]] = [
    module(
        "OfflineCommands",
        .app,
        needs: [
            "CatalogModel", "ChartCatalogs", "ClusterTopology", "FleetModel", "FleetPlanning", "FleetRendering",
            "GoTemplate", "HTTPTransport", "HelmCharts", "KubernetesModel", "Overlays", "SemanticVersion",
            "SourceDiagnostics", "SourceFiles", "SprigFunctions", "StructuredValue", "YAMLFormat",
        ],
        packages: [arguments, cryptoExtras]
    ),
    module(
        "Commands",
        .app,
        needs: [
            "APIServer", "ClusterInspection", "ClusterSimulator", "ControllerRuntime", "Dashboard", "FleetAPI",
            "FleetLedger", "FleetModel", "FleetPlanning", "FleetReconcilers", "FleetRendering", "GitStore",
            "HTTPServer", "HTTPTransport", "KubernetesClient", "KubernetesModel", "MachineDecisions",
            "MachineReconcilers", "ManifestApply", "OfflineCommands", "PoolReconcilers", "RemoteCatalogs",
            "RepositoryEdits", "ResourceSetReconcilers", "SourceDiagnostics", "SourceFiles", "StructuredValue",
            "Telemetry", "YAMLFormat",
        ],
        packages: [arguments, lifecycle, logging]
    ),
    executable("martlet", needs: ["Commands"]),
]

needsOf["ServerTestSupport"] = ["APIServer", "APIStore", "KubernetesModel", "StructuredValue"]
needsOf["LabTestSupport"] = [
    "APIServer", "ClusterSimulator", "ControllerRuntime", "HTTPTransport", "KubernetesClient", "KubernetesModel",
    "ServerTestSupport", "StructuredValue", "YAMLFormat",
]
needsOf["LabClientTests"] = ["ControllerRuntime", "ManifestApply", "ServerTestSupport"]

let support: [[Target]] = [
    [.target(name: "TestSupport", path: "Sources/Support/TestSupport", swiftSettings: settings)],
    [
        .target(
            name: "ServerTestSupport",
            dependencies: ["APIServer", "APIStore", "KubernetesModel", "StructuredValue"],
            path: "Sources/Support/ServerTestSupport",
            swiftSettings: settings
        )
    ],
    [
        .target(
            name: "LabTestSupport",
            dependencies: (needsOf["LabTestSupport"] ?? []).map { .byName(name: $0) } + [logging],
            path: "Sources/Support/LabTestSupport",
            swiftSettings: settings
        )
    ],
    [
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Commands", "FleetModel", "FleetPlanning", "FleetRendering", "GitStore", "HTTPTransport",
                "JSONSchema", "KubernetesClient", "KubernetesModel", "SourceDiagnostics", "SourceFiles",
                "StructuredValue",
                "TestSupport", arguments,
            ],
            path: "Tests/EndToEndTests",
            swiftSettings: settings
        )
    ],
    [
        .testTarget(
            name: "LabClientTests",
            dependencies: ([
                "ControllerRuntime", "FleetModel", "FleetPlanning", "HTTPTransport", "KubernetesClient",
                "KubernetesModel",
                "ManifestApply", "ServerTestSupport", "StructuredValue", "TestSupport",
            ]).map { .byName(name: $0) },
            path: "Tests/LabClientTests",
            swiftSettings: settings
        )
    ],
    [.testTarget(name: "ArchitectureTests", path: "Tests/ArchitectureTests", swiftSettings: settings)],
]

/// The targets to build: all, or with `MARTLET_ONLY` the named modules, their tests, and what they need.
func selected(_ targets: [Target]) -> [Target] {
    var present = targets.filter { $0.path.map(exists) ?? true }
    guard let only else { return present }
    var wanted = Set(only + only.map { "\($0)Tests" })
    var open = Array(wanted)
    while let name = open.popLast() {
        for need in needsOf[name] ?? [] where wanted.insert(need).inserted { open.append(need) }
    }
    wanted.insert("TestSupport")
    present = present.filter { wanted.contains($0.name) }
    return present
}

let package = Package(
    name: "martlet",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: selected([core, effects, runtime, app, support].flatMap { $0 }.flatMap { $0 }),
    swiftLanguageModes: [.v6]
)
