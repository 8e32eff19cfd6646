package import PilotTransport
package import PilotWire

/// What the router leaves to cryptography: it knows which node has which key, and holds the beacon's secret.
///
/// All calls are made for datagrams that anybody can have sent. `challenge`, `hasMade`, `isOwn` and `nonce` are made where frames
/// are relayed, and have to be cheap (one HMAC, a few look-ups). `verifies` is expensive (Ed25519): it is made elsewhere, for what the router
/// admits to it, and only once `hasMade` has held. Only who receives at an endpoint has a valid token for it, so that a forged
/// source address never gets as far as the signature.
package protocol DiscoverAuthenticator: Sendable {
  /// The node's known key, if it is at hand.
  func knownKey(of node: NodeID) -> PublicKey?

  /// Has the node's key fetched, so that it is at hand later; returns at once.
  func fetchKey(of node: NodeID)

  /// The challenge for a Discover that offers `key`, or nil unless that is the known key of `node`.
  func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge?

  /// Whether this beacon has made the challenge, for `endpoint`. How old it may be is the router's to say, and already
  /// checked.
  func hasMade(_ challenge: DiscoverChallenge, for endpoint: Endpoint) -> Bool

  /// Whether a name is one of this beacon's, for who has written to this address of the machine.
  func isOwn(_ name: BeaconName, at local: LocalAddress) -> Bool

  /// Whether the proof carries a signature of this key, over the name in it too.
  func verifies(_ proof: DiscoverProof, by key: PublicKey) -> Bool

  /// Whether a request to punch carries a grant that its target has signed, and whose time is not over.
  func verifiesGrant(of request: PunchRequest) -> Bool

  /// What nobody can know who has not seen the probe.
  func nonce(for probe: EndpointProbe) -> ChallengeToken
}

extension DiscoverAuthenticator {
  /// What can be told of a proof without a look at its signature. The token comes first: who doesn't have it draws no log line.
  package func check(_ job: ProofJob) -> ProofCheck {
    guard hasMade(job.proof.challenge, for: job.source) else { return .forged }
    return isOwn(job.proof.beacon, at: job.local) ? .passed : .wrongBeacon
  }
}

/// The key that a Discover names, and the stamp for the challenge to prove it.
package struct DiscoverOffer: Hashable, Sendable {
  /// Who it says it is.
  package let node: NodeID
  /// Which key it says it has.
  package let key: PublicKey
  /// The stamp for the challenge.
  package let stamp: ChallengeStamp
  /// Where it says so from, and where the challenge goes.
  package let endpoint: Endpoint
  /// Which of this machine's addresses it was said to.
  package let local: LocalAddress
}
