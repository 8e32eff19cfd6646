import PilotConsole

/// What a connected peer costs a beacon.
struct IdleResult: Sendable {
  let carrier: BenchCarrier
  let peers: Int
  /// Bytes of the payload of each frame of the traffic.
  let length: Int
  /// Resident bytes, once all are attached.
  let bytesPerPeer: Int
  /// Resident bytes, once all have had traffic.
  let bytesPerPeerAfterTraffic: Int

  /// The result for scripts.
  var json: JSONValue {
    [
      "bench": "relay", "mode": "idle", "transport": .string(carrier.rawValue), "peers": .int(peers),
      "length": .int(length), "bytes_per_peer": .int(bytesPerPeer),
      "bytes_per_peer_after_traffic": .int(bytesPerPeerAfterTraffic),
    ]
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Memory of the beacon for a connected peer, in kB; after traffic: \(IdlePeer.frames) frames there and back",
      columns: ["transport", "peers", "bytes", "idle", "after traffic"])
  }

  /// The result for people.
  var row: [String] {
    [
      carrier.rawValue, BenchFormat.count(peers), BenchFormat.count(length),
      BenchFormat.digits(Double(bytesPerPeer) / 1e3), BenchFormat.digits(Double(bytesPerPeerAfterTraffic) / 1e3),
    ]
  }
}
