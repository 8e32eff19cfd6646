import PilotWire

/// What messages are made of.
struct Examples: Sendable {
  let node = known(NodeID(7))
  let endpoint = Endpoint(ipv4: 192, 0, 2, 7, port: 4000)
  let key: PublicKey
  let signature: Signature
  let grant: PunchGrant
  let challenge: DiscoverChallenge
  let beacon = known(BeaconName(host: "beacon.example", port: 9_001))
  let packetHeader: PacketHeader

  init() {
    let bytes = [UInt8](repeating: 7, count: 64)
    key = known(try? PublicKey(bytes: bytes.span.bytes.extracting(first: 32)))
    signature = known(try? Signature(bytes: bytes.span.bytes))
    grant = PunchGrant(expiry: 1, signature: signature)
    challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(rawValue: 1), token: ChallengeToken(high: 1, low: 2))
    let end = PilotSocketAddress(address: known(PilotAddress(parsing: "1:0001.F291.0004")), port: 1000)
    packetHeader = PacketHeader(protocol: .stream, source: end, destination: end)
  }
}

/// A constant of this program, which would be wrong if it were not there.
private func known<Value>(_ value: Value?) -> Value {
  guard let value else { preconditionFailure("a constant is wrong") }
  return value
}
