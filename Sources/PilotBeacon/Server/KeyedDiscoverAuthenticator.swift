import Crypto
package import PilotIdentity
package import PilotTransport
package import PilotWire

/// Challenges and checks proofs with the keys of a directory and a secret that lives as long as this value.
///
/// It is asked for datagrams of anybody, and remembers nothing: the token says for whom, where and when a challenge was made,
/// and so does the nonce of a probe.
package struct KeyedDiscoverAuthenticator: DiscoverAuthenticator {
  private let keys: any KeyDirectory
  private let unixTime: @Sendable () -> UInt64
  private let isOwnName: @Sendable (BeaconName, LocalAddress) -> Bool
  private let secret = SymmetricKey(size: .bits256)

  /// - Parameters:
  ///   - keys: The nodes' known keys.
  ///   - unixTime: The wall clock, in seconds since 1970, which the expiry of punch grants is held against.
  ///   - isOwnName: Whether a name is one of this beacon's, for who has written to this address of the machine.
  package init(
    keys: any KeyDirectory, unixTime: @escaping @Sendable () -> UInt64,
    isOwnName: @escaping @Sendable (BeaconName, LocalAddress) -> Bool
  ) {
    self.keys = keys
    self.unixTime = unixTime
    self.isOwnName = isOwnName
  }

  package func knownKey(of node: NodeID) -> PublicKey? { keys.cachedPublicKey(of: node) }

  package func fetchKey(of node: NodeID) { keys.prefetch(node) }

  package func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge? {
    guard knownKey(of: node) == key else { return nil }
    return DiscoverChallenge(node: node, stamp: stamp, token: token(node, stamp, endpoint))
  }

  package func hasMade(_ challenge: DiscoverChallenge, for endpoint: Endpoint) -> Bool {
    challenge.token == token(challenge.node, challenge.stamp, endpoint)
  }

  package func isOwn(_ name: BeaconName, at local: LocalAddress) -> Bool { isOwnName(name, local) }

  package func verifies(_ proof: DiscoverProof, by key: PublicKey) -> Bool {
    key.verifies(proof.signature, of: proof.challenge.signedText(naming: proof.beacon))
  }

  package func verifiesGrant(of request: PunchRequest) -> Bool {
    guard let grant = request.grant, grant.expiry > unixTime() else { return false }
    guard let key = knownKey(of: request.target) else {
      // At the next request it may be at hand.
      fetchKey(of: request.target)
      return false
    }
    let text = PunchGrant.signedText(requester: request.requester, target: request.target, expiry: grant.expiry)
    return key.verifies(grant.signature, of: text)
  }

  /// Over `0 · node:4 · stamp:8 · address:16 · scope:4 · port:2`.
  private func token(_ node: NodeID, _ stamp: ChallengeStamp, _ endpoint: Endpoint) -> ChallengeToken {
    var input: [UInt8] = [0]
    input.reserveCapacity(35)
    input.append(bigEndian: node.rawValue)
    input.append(bigEndian: stamp.rawValue)
    input.append(endpoint)
    return code(over: input)
  }

  /// Over `1 · node:4 · asked at:8 · endpoint:22 · claimant:22`.
  package func nonce(for probe: EndpointProbe) -> ChallengeToken {
    var input: [UInt8] = [1]
    input.reserveCapacity(57)
    input.append(bigEndian: probe.node.rawValue)
    input.append(bigEndian: probe.askedAt)
    input.append(probe.endpoint)
    input.append(probe.claimant)
    return code(over: input)
  }

  /// The first 16 bytes of the HMAC-SHA256. The first byte of the input tells what it is for.
  private func code(over input: [UInt8]) -> ChallengeToken {
    let code = HMAC<SHA256>.authenticationCode(for: input, using: secret)
    var words: [UInt64] = [0, 0]
    for (index, byte) in code.prefix(16).enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    return ChallengeToken(high: words[0], low: words[1])
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ endpoint: Endpoint) {
    append(bigEndian: endpoint.high)
    append(bigEndian: endpoint.low)
    append(bigEndian: endpoint.scope)
    append(bigEndian: endpoint.port)
  }

  fileprivate mutating func append(bigEndian number: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
