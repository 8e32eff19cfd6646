// swift-tools-version: 6.3
import PackageDescription

/// What every target of this package is held to: the Swift 6 language mode with the upcoming features on, unsafe
/// constructs marked where they stand, and no warning left over.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// The libraries that lend memory spell lifetimes out (`@_lifetime`); their clients need no flag.
let lending: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
  name: "pilot-transport",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "PilotWire", targets: ["PilotWire"]),
    .library(name: "PilotTransport", targets: ["PilotTransport"]),
    .library(name: "PilotIdentity", targets: ["PilotIdentity"]),
    .library(name: "PilotUDP", targets: ["PilotUDP"]),
    .library(name: "PilotWSS", targets: ["PilotWSS"]),
    .library(name: "PilotNode", targets: ["PilotNode"]),
    .library(name: "PilotTunnel", targets: ["PilotTunnel"]),
    .library(name: "PilotBeacon", targets: ["PilotBeacon"]),
    .library(name: "PilotTesting", targets: ["PilotTesting"]),
    .library(name: "PilotNodeTesting", targets: ["PilotNodeTesting"]),
    .executable(name: "pilot", targets: ["pilot"]),
    .executable(name: "pilot-bench", targets: ["pilot-bench"]),
    // For the package in Chaos alone, and with no promise: a target of another package is only reached through a product.
    .library(name: "_CPilotUDP", targets: ["CPilotUDP"]),
    .library(name: "_PilotConsole", targets: ["PilotConsole"]),
    .library(name: "_PilotFixtures", targets: ["PilotFixtures"]),
  ],
  traits: [
    .trait(name: "Identity", description: "PilotIdentity: keys and their files (swift-crypto)"),
    .trait(
      name: "WSS", description: "PilotWSS, PilotNode and PilotTunnel: WebSocket and TLS (SwiftNIO)",
      enabledTraits: ["Identity"]),
    .trait(name: "Beacon", description: "PilotBeacon: the relay server", enabledTraits: ["WSS"]),
    .trait(name: "Commands", description: "The program, and all that tests it", enabledTraits: ["Beacon"]),
    .default(enabledTraits: ["Commands"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .target(name: "CPilotCRC"),
    .target(name: "PilotWire", dependencies: ["CPilotCRC"], swiftSettings: lending),
    .target(name: "PilotTransport", dependencies: ["PilotWire"], swiftSettings: lending),
    .target(name: "CPilotProcess"),
    .target(name: "CPilotUDP"),
    .target(name: "PilotUDP", dependencies: ["PilotTransport", "PilotWire", "CPilotUDP"], swiftSettings: lending),
    .target(
      name: "PilotIdentity",
      dependencies: ["PilotWire", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(
      name: "PilotWSS",
      dependencies: [
        "PilotIdentity", "PilotTransport", "PilotWire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
      ] + nio,
      swiftSettings: lending),
    .target(
      name: "PilotNode",
      dependencies: [
        "PilotIdentity", "PilotTransport", "PilotUDP", "PilotWSS", "PilotWire",
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: lending),
    .target(
      name: "PilotTunnel",
      dependencies: [
        "PilotIdentity", "PilotNode", "PilotTransport", "PilotUDP", "PilotWire",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: lending),
    .target(
      name: "PilotBeacon",
      dependencies: [
        "PilotIdentity", "PilotTransport", "PilotUDP", "PilotWSS", "PilotWire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ] + nio,
      resources: [
        .embedInCode("Status/Page/page.css"), .embedInCode("Status/Page/page.html"),
        .embedInCode("Status/Page/page.js"),
      ],
      swiftSettings: lending),
    .target(name: "PilotTesting", dependencies: ["PilotTransport", "PilotWire"], swiftSettings: lending),
    .target(
      name: "PilotNodeTesting",
      dependencies: ["PilotIdentity", "PilotNode", "PilotTesting", "PilotTransport", "PilotWire"],
      swiftSettings: lending),
    // The console kit of the programs: streams, settings, signals, logging, failures and exit codes.
    .target(
      name: "PilotConsole",
      dependencies: [
        "CPilotProcess", "PilotIdentity", "PilotTransport", "PilotWSS", "PilotWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ] + nio,
      swiftSettings: strict),
    // What the demo, the bench and chaos set up for one run.
    .target(
      name: "PilotFixtures",
      dependencies: [
        "PilotConsole",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: strict),
    .target(
      name: "PilotCommands",
      dependencies: [
        "PilotBeacon", "PilotConsole", "PilotFixtures", "PilotIdentity", "PilotNode", "PilotTransport", "PilotTunnel",
        "PilotUDP", "PilotWSS", "PilotWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ] + nio,
      swiftSettings: lending),
    .executableTarget(name: "pilot", dependencies: ["PilotCommands", "PilotConsole"], swiftSettings: strict),
    // What `pilot bench` starts: a program of its own, so that a beacon's binary carries no measuring.
    .target(
      name: "PilotBench",
      dependencies: [
        "PilotBeacon", "PilotCommands", "PilotConsole", "PilotFixtures", "PilotIdentity", "PilotNode", "PilotTransport",
        "PilotUDP", "PilotWSS", "PilotWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ] + nio,
      swiftSettings: lending),
    // It starts `pilot`, which is why that is built with it.
    .executableTarget(
      name: "pilot-bench", dependencies: ["PilotBench", "PilotConsole", "pilot"], swiftSettings: strict),

    .testTarget(
      name: "PilotWireTests", dependencies: ["PilotTesting", "PilotWire"], resources: [.copy("Resources/wire.json")],
      swiftSettings: lending),
    .testTarget(
      name: "PilotTransportTests", dependencies: ["PilotTesting", "PilotTransport", "PilotWire"],
      swiftSettings: lending),
    .testTarget(
      name: "PilotTestingTests", dependencies: ["PilotNode", "PilotTesting", "PilotTransport", "PilotWire"],
      swiftSettings: lending),
    .testTarget(
      name: "PilotUDPTests",
      dependencies: ["CPilotUDP", "PilotTesting", "PilotTransport", "PilotUDP", "PilotWire"], swiftSettings: lending),
    .testTarget(
      name: "PilotIdentityTests", dependencies: ["PilotIdentity", "PilotTesting", "PilotWire"], swiftSettings: strict),
    .testTarget(
      name: "PilotWSSTests",
      dependencies: [
        "PilotIdentity", "PilotNodeTesting", "PilotTesting", "PilotTransport", "PilotWSS", "PilotWire",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ] + nio,
      swiftSettings: lending),
    .testTarget(
      name: "PilotNodeTests",
      dependencies: [
        "PilotIdentity", "PilotNode", "PilotNodeTesting", "PilotTesting", "PilotTransport", "PilotUDP", "PilotWSS",
        "PilotWire",
      ],
      swiftSettings: lending),
    .testTarget(
      name: "PilotTunnelTests",
      dependencies: [
        "PilotIdentity", "PilotTesting", "PilotTransport", "PilotTunnel", "PilotWire",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: lending),
    .testTarget(
      name: "PilotBeaconTests",
      dependencies: [
        "PilotBeacon", "PilotFixtures", "PilotIdentity", "PilotNode", "PilotTesting", "PilotTransport", "PilotUDP",
        "PilotWSS", "PilotWire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ] + nio,
      swiftSettings: lending),
    .testTarget(
      name: "PilotCommandsTests",
      dependencies: [
        "PilotBeacon", "PilotCommands", "PilotConsole", "PilotFixtures", "PilotIdentity", "PilotNode", "PilotTesting",
        "PilotTransport", "PilotTunnel", "PilotUDP", "PilotWSS", "PilotWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PilotConsoleTests",
      dependencies: [
        "PilotConsole", "PilotIdentity", "PilotTransport", "PilotWSS", "PilotWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PilotBenchTests",
      dependencies: [
        "PilotBench", "PilotConsole", "PilotIdentity", "PilotTesting", "PilotTransport", "PilotWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "PilotBeacon", "PilotCommands", "PilotConsole", "PilotFixtures", "PilotIdentity", "PilotNode",
        "PilotNodeTesting", "PilotTesting", "PilotTransport", "PilotTunnel", "PilotUDP", "PilotWSS", "PilotWire",
        "pilot", "pilot-bench",
        .product(name: "Logging", package: "swift-log"),
      ] + nio,
      swiftSettings: lending),
  ]
)

// What a target takes from other packages comes with a trait, so that SwiftPM doesn't even fetch it for a client who turns the trait
// off: one with `traits: []` uses PilotWire, PilotTransport, PilotUDP and PilotTesting, and has no other package in the house.
for target in package.targets {
  let traits = [
    "PilotIdentity": "Identity", "PilotWSS": "WSS", "PilotNode": "WSS", "PilotTunnel": "WSS", "PilotBeacon": "Beacon",
  ]
  let trait = traits[target.name] ?? "Commands"
  target.dependencies = target.dependencies.map { dependency in
    guard case .productItem(let name, let package?, let aliases, _) = dependency else { return dependency }
    return .product(name: name, package: package, moduleAliases: aliases, condition: .when(traits: [trait]))
  }
}
