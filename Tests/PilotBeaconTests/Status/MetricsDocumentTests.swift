import Foundation
import Logging
import PilotIdentity
import PilotWire
import Testing

@testable import PilotBeacon

/// The documents about metrics, held against the metrics.
@Suite(.timeLimit(.minutes(1)))
struct MetricsDocumentTests {
  private func text(_ path: String) throws -> String {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  private func names(in text: String) -> Set<String> {
    Set(text.matches(of: /pilot_beacon_[a-z_]*[a-z]/).map { String($0.output) })
  }

  private var exposed: Set<String> {
    get async throws {
      var configuration = BeaconServer.Configuration()
      configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      let server = try await BeaconServer.start(
        configuration, keys: StaticKeyDirectory([:]), logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() })
      async let serving: Void = server.run()
      let metrics = BeaconMetrics(server.statistics, startedAt: 1, watchers: 0, droppedWatchers: 0)
      server.stop()
      try await serving
      // Those that only some beacons have.
      return Set(metrics.names).union([
        "pilot_beacon_certificate_expiry_seconds", "pilot_beacon_registry_lookups_total",
        "pilot_beacon_registry_shortfalls_total", "pilot_beacon_presence_up",
        "pilot_beacon_presence_told", "pilot_beacon_registry_registered",
      ])
    }
  }

  @Test(arguments: ["alerts.yml", "alerts-test.yml", "dashboard.json"])
  func `alerts and dashboard name metrics that there are`(file: String) async throws {
    let named = names(in: try text("Operations/Monitoring/\(file)"))
    #expect(!named.isEmpty)
    #expect(named.subtracting(try await exposed) == [])
  }
}
