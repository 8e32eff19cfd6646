public import PilotWire

/// What the router leaves to cryptography: it knows which node has which key, and holds the beacon's secret.
///
/// Both calls are made for datagrams that anybody can have sent. `challenge` has to be cheap (one HMAC). `verifies` has
/// to check the token before the signature: only who receives at `endpoint` has a valid one, so that a forged source
/// address never gets as far as the expensive check.
public protocol DiscoverAuthenticator: Sendable {
  /// The challenge for a Discover that offers `key`, or nil unless that is the known key of `node`.
  func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge?

  /// Whether `proof` answers a challenge that this beacon made for `endpoint`, and carries a signature of the node's
  /// known key. How old the challenge may be is the router's to say, and already checked.
  func verifies(_ proof: DiscoverProof, from endpoint: Endpoint) -> Bool
}

/// The key that a Discover names, and the stamp for the challenge to prove it.
public struct DiscoverOffer: Hashable, Sendable {
  /// Who it says it is.
  public let node: NodeID
  /// Which key it says it has.
  public let key: PublicKey
  /// The stamp for the challenge.
  public let stamp: ChallengeStamp
}
