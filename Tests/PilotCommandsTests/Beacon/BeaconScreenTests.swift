import Foundation
import PilotBeacon
import Testing

@testable import PilotCommands

/// What `pilot beacon top` shows.
struct BeaconScreenTests {
  /// - Parameter others: The member `neighbours` with a comma; empty for a beacon without.
  private func report(at now: Double, relayed: UInt64, others: String = "") throws -> StatusReport {
    let json = #"""
      {"version":"0.1.0","startedAt":1700000000,"now":\#(now),"phase":"serving","certificateExpiry":1700900000,
       "peers":{"udp":7,"wss":3,"handshakes":0,"waitingBytes":9},\#(others)"relayed":{"udp_to_wss":\#(relayed)},"drops":{},
       "refusals":{"wrong_key":2},"slow":[{"node":5,"remote":"192.0.2.1:4","waitingBytes":11,"dropped":1}],
       "talkers":[{"node":6,"framesPerSecond":12,"bytesPerSecond":34}],
       "events":[{"time":1700000001,"text":"Node moved: port\u001b[2J","node":8,"detail":"a\nb"}]}
      """#
    return try JSONDecoder().decode(StatusReport.self, from: Data(json.utf8))
  }

  @Test func `rates are those between two reports, and texts steer no terminal`() throws {
    let lines = try BeaconScreen(
      report(at: 1_700_000_012, relayed: 600), after: report(at: 1_700_000_010, relayed: 100)
    ).lines
    #expect(lines.contains { $0.split(separator: " ") == ["udp_to_wss", "250", "600"] })
    #expect(lines.contains { $0.contains("7 over UDP, 3 over WebSocket") })
    #expect(lines.contains { $0.contains("valid until 2023-11-25T") && $0.hasSuffix("10 days") })
    #expect(lines.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\n") })
    #expect(!lines.contains("Dropped"), "nothing was")
  }

  @Test func `other beacons are shown where there are any`() throws {
    let others = #"""
      "neighbours":{"nodes":42,"beacons":[{"name":"a.example:9001","isHeard":true},{"name":"b\u001b[2J","isHeard":false}]},
      """#
    let lines = try BeaconScreen(report(at: 1_700_000_012, relayed: 1, others: others), after: nil).lines
    #expect(lines.contains("other beacons: 1 of 2 heard; nodes that they list: 42"))
    #expect(lines.contains { $0.split(separator: " ") == ["a.example:9001", "heard"] })
    #expect(lines.contains { $0.hasSuffix("  silent") })
    #expect(lines.allSatisfy { !$0.contains("\u{1B}") })
    let alone = try BeaconScreen(report(at: 1_700_000_012, relayed: 1), after: nil).lines
    #expect(!alone.contains { $0.lowercased().contains("other beacons") })
  }

  @Test func `the first report has no rates, nor has one of a beacon that was started anew`() throws {
    let first = try BeaconScreen(report(at: 1_700_000_012, relayed: 600), after: nil).lines
    #expect(first.contains { $0.split(separator: " ") == ["udp_to_wss", "–", "600"] })
  }
}
