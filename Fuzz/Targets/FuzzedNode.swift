import PilotIdentity
import PilotWire

/// The nodes of the fuzzed world, with keys that are everybody's to see.
enum FuzzedNode {
  static let unixTime: UInt64 = 1_700_000_000

  /// What the fuzzed beacon is called, and dialled as.
  static let beaconNames = [HostPort(host: "beacon.example", port: 443)]
  static let beacon = BeaconName(host: "beacon.example", port: 443)
  /// What another beacon is called, which passes on challenges that it got from this one.
  static let otherBeacon = BeaconName(host: "other.example", port: 443)

  /// A proxy whose word counts on whom a connection comes from.
  static let proxy = "192.0.2.77"

  /// Those with keys, in order.
  static let listed: [NodeID] = (1...4).compactMap { NodeID($0) }

  static let identities: [NodeID: Identity] = {
    var identities: [NodeID: Identity] = [:]
    for node in listed {
      let seed = [UInt8](repeating: UInt8(truncatingIfNeeded: node.rawValue), count: Identity.seedByteCount)
      identities[node] = try? Identity(seed: seed.span.raw)
    }
    return identities
  }()

  static let keys: [NodeID: PublicKey] = identities.mapValues(\.publicKey)
}
