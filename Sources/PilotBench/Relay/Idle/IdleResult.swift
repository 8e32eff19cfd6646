import PilotConsole
import PilotTransport

/// What a connected peer costs a beacon.
struct IdleResult: Sendable {
  let carrier: BenchCarrier
  let peers: Int
  /// Bytes of the payload of each frame of the traffic.
  let length: Int
  /// The beacon's processor time for each, from its arrival until it is attached.
  let connecting: Duration
  /// Resident bytes, once all are attached.
  let bytesPerPeer: Int
  /// Resident bytes, once all have had traffic.
  let bytesPerPeerAfterTraffic: Int

  /// The result for scripts.
  var json: JSONValue {
    [
      "bench": "relay", "mode": "idle", "transport": .string(carrier.rawValue), "peers": .int(peers),
      "length": .int(length), "cpu_ms_per_connection": .double(connecting.seconds * 1e3),
      "bytes_per_peer": .int(bytesPerPeer),
      "bytes_per_peer_after_traffic": .int(bytesPerPeerAfterTraffic),
    ]
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "What a connected peer costs the beacon: its processor time to connect, in ms, and memory, in kB; after traffic: "
        + "\(IdlePeer.frames) frames there and back",
      columns: ["transport", "peers", "bytes", "connect", "idle", "after traffic"])
  }

  /// The result for people.
  var row: [String] {
    [
      carrier.rawValue, BenchFormat.count(peers), BenchFormat.count(length),
      BenchFormat.digits(connecting.seconds * 1e3), BenchFormat.digits(Double(bytesPerPeer) / 1e3),
      BenchFormat.digits(Double(bytesPerPeerAfterTraffic) / 1e3),
    ]
  }
}
