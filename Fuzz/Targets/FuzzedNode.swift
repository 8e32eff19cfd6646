import PilotIdentity
import PilotWire

/// The nodes of the fuzzed world, with keys that are everybody's to see.
enum FuzzedNode {
  static let unixTime: UInt64 = 1_700_000_000

  /// What the fuzzed beacon is called, and dialled as.
  static let beaconNames = [HostPort(host: "beacon.example", port: 443)]
  static let beacon = BeaconName(host: "beacon.example", port: 443)

  static let identities: [NodeID: Identity] = {
    var identities: [NodeID: Identity] = [:]
    for number in 1...4 as ClosedRange<UInt8> {
      let seed = [UInt8](repeating: number, count: Identity.seedByteCount)
      guard let node = NodeID(UInt32(number)), let identity = try? Identity(seed: seed.span.raw) else { continue }
      identities[node] = identity
    }
    return identities
  }()

  static let keys: [NodeID: PublicKey] = identities.mapValues(\.publicKey)
}
