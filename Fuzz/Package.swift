// swift-tools-version: 6.3
import PackageDescription

/// The name that the main package, a folder up, has for the compiler. What is compiled with it may use the `package`
/// declarations of its libraries, as these targets do. SwiftPM makes it of the checkout's folder, whichever that is: in
/// lower case, without `.git`, and with `_` for each character that no identifier has in that place.
let packageName: String = {
  let folder = Context.packageDirectory.split(separator: "/").dropLast().last?.lowercased() ?? ""
  let stem = folder.hasSuffix(".git") ? folder.dropLast(4) : folder[...]
  return String(
    stem.enumerated().map { place, character in
      let isKept = !character.isASCII || character.isLetter || character.isNumber && place > 0
      return isKept ? character : "_"
    })
}()

/// As strict as the main package. SwiftPM allows unsafe flags only in packages that nothing depends on, such as this one.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-package-name", packageName]),
]

let lending: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

/// A library of the main package.
func pilot(_ library: String) -> Target.Dependency { .product(name: library, package: "pilot-transport") }

let package = Package(
  name: "pilot-transport-fuzz",
  platforms: [.macOS(.v26)],
  dependencies: [
    // With a name, so that the checkout's folder may have any.
    .package(name: "pilot-transport", path: ".."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .target(
      name: "FuzzTargets",
      dependencies: [
        pilot("PilotBeacon"), pilot("PilotIdentity"), pilot("PilotTesting"), pilot("PilotTransport"),
        pilot("PilotTunnel"),
        pilot("PilotWSS"), pilot("PilotWire"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Targets", packageAccess: false, swiftSettings: lending),
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzzer", packageAccess: false, swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests", packageAccess: false, swiftSettings: strict),
  ]
)
