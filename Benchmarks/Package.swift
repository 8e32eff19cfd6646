// swift-tools-version: 6.3
import PackageDescription

/// As strict as the package itself, but for memory: `span.bytes` is unsafe, since other elements than bytes have gaps.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// A library of the package next door.
func pilot(_ library: String) -> Target.Dependency { .product(name: library, package: "pilot-transport") }

/// Programs for `swift package benchmark`, each in a folder where it looks for them.
func benchmarks(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: [.product(name: "Benchmark", package: "benchmark")] + dependencies,
    path: "Benchmarks/\(name)", swiftSettings: strict,
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
  name: "pilot-transport-benchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [
    // With a name, so that the checkout's folder may have any.
    .package(name: "pilot-transport", path: ".."),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    // Without its traits: they want jemalloc on the machine.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    benchmarks("Wire", [pilot("PilotWire")]),
    benchmarks("Frames", [pilot("PilotTransport"), pilot("PilotWire")]),
    benchmarks("Sealing", [.product(name: "Crypto", package: "swift-crypto")]),
  ]
)
