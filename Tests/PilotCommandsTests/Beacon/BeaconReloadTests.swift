import ArgumentParser
import Foundation
import Logging
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

/// A configuration file that changes under a running beacon.
@Suite(.timeLimit(.minutes(1)))
struct BeaconReloadTests {
  @Test func `limits, level and rules change, and what needs a restart is named`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "reload-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    func write(_ text: String) throws { try Data(text.utf8).write(to: file) }
    try write(#"{"beacon":{"udp":"127.0.0.1:0"}}"#)
    let command = try BeaconCommand.parse(["--config", file.path])
    let settings = try command.settings(isCollecting: false)
    let plan = try command.plan(settings)
    let addresses = try AddressFiles(plan.addresses)
    let lines = Lines()
    let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
    let server = try await BeaconServer.start(
      plan.configuration, keys: StaticKeyDirectory([:]), logger: logger)
    async let serving: Void = server.run()
    let reload = BeaconReload(command, settings, addresses: addresses, server: server, logger: logger)
    reload.look()
    #expect(lines.all(containing: "configuration file").isEmpty, "nothing has changed")

    try write(#"{"log":{"level":"debug"},"beacon":{"udp":"127.0.0.1:1","deny":["192.0.2.0/24"],"relay-rate":9}}"#)
    reload.look()
    #expect(settings.logThreshold.level == .debug)
    #expect(addresses.policy.rules.admits(try Endpoint(address: "192.0.2.1", port: 1)) == false)
    #expect(lines.all(containing: "has changed").first?.contains(#"["level", "relay-rate", "deny"]"#) == true)
    #expect(lines.all(containing: "need a restart").first?.contains(#"["udp"]"#) == true)

    try write(
      #"{"beacon":{"udp":"127.0.0.1:1","deny":["192.0.2.0/24"],"drain-to":"wss://other.example","drain-window":2}}"#)
    reload.look()
    #expect(lines.all(containing: "has changed").last?.contains(#""drain-window", "drain-to"]"#) == true)

    let place = "wss://other.example/" + String(repeating: "x", count: 2_000)
    try write(#"{"beacon":{"udp":"127.0.0.1:1","deny":["192.0.2.0/24"],"drain-to":"\#(place)"}}"#)
    reload.look()
    #expect(lines.all(containing: "is refused").count == 1, "no peer could be told")

    try write(#"{"beacon":{"udp":"127.0.0.1:1","deny":["192.0.2.0/99"]}}"#)
    reload.look()
    #expect(lines.all(containing: "is refused").count == 2)
    #expect(addresses.policy.rules.admits(try Endpoint(address: "192.0.2.1", port: 1)) == false)
    server.stop()
    try await serving
    let draining = try #require(lines.all(containing: "Draining:").first)
    #expect(draining.contains("place=wss://other.example/v1/compat window=2.0 seconds"), "\(draining)")
  }
}
