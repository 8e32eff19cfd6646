import PilotConsole
import PilotWire

/// What has gone through to and from a peer since the start.
struct PeerStatistics: Equatable, Sendable {
  var sent: UInt64 = 0
  var received: UInt64 = 0
  /// Payloads, in bytes.
  var sentBytes: UInt64 = 0
  var receivedBytes: UInt64 = 0
  /// In microseconds; nil as long as none was measured.
  var roundTrip: UInt64?
  /// By reason, in a fixed order, those without any included.
  var dropped: [Drop] = []

  /// How many datagrams were dropped for one reason.
  struct Drop: Equatable, Sendable {
    let reason: String
    var count: UInt64
  }

  /// `{"event":"stats",…}`
  func json(of peer: NodeID) -> JSONValue {
    .object(present: [
      "event": "stats", "peer": .int(peer.rawValue), "sent": .int(sent), "received": .int(received),
      "sent_bytes": .int(sentBytes), "received_bytes": .int(receivedBytes),
      "rtt_us": roundTrip.map { .int($0) } ?? .null,
      "dropped": .object(dropped.map { JSONValue.Member(name: $0.reason, value: .int($0.count)) }),
    ])
  }

  /// How many were dropped, for whatever reason.
  var droppedCount: UInt64 { dropped.reduce(0) { $0.addingReportingOverflow($1.count).partialValue } }

  var words: String {
    let time = roundTrip.map { ", \(PingStatistics.milliseconds(Int64(clamping: $0))) ms" } ?? ""
    return "\(sent) out (\(sentBytes) bytes), \(received) in (\(receivedBytes) bytes), \(droppedCount) dropped\(time)"
  }
}
