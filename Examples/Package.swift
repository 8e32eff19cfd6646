// swift-tools-version: 6.3
import PackageDescription

/// The same strictness as the package itself. A client needs none of these flags; the examples show that they don't hurt.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// A library of the package next door.
func pilot(_ library: String) -> Target.Dependency { .product(name: library, package: "pilot-transport") }

let package = Package(
  name: "pilot-transport-examples",
  platforms: [.macOS(.v26)],
  dependencies: [
    // With a name, so that the checkout's folder may have any.
    .package(name: "pilot-transport", path: "..")
  ],
  targets: [
    .executableTarget(
      name: "FirstProgram", dependencies: [pilot("PilotIdentity"), pilot("PilotNode"), pilot("PilotWire")],
      swiftSettings: strict),
    .executableTarget(
      name: "SealedEcho",
      dependencies: [pilot("PilotIdentity"), pilot("PilotNode"), pilot("PilotTunnel"), pilot("PilotWire")],
      swiftSettings: strict),
    .executableTarget(
      name: "UDPEcho", dependencies: [pilot("PilotTransport"), pilot("PilotUDP"), pilot("PilotWire")],
      swiftSettings: strict),
    .executableTarget(
      name: "InMemory", dependencies: [pilot("PilotTesting"), pilot("PilotTransport"), pilot("PilotWire")],
      swiftSettings: strict),
  ]
)
