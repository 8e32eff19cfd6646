public import PilotWire

/// Decides whether a WSS node is who it says it is (wire reference, section 3). Without state, clock or network.
public struct HandshakeVerifier: Sendable {
  /// The age of a challenge, in seconds, from which on replies to it are refused. Default 30.
  ///
  /// Counts in both directions: a challenge from the future means that the beacon's clock was set back meanwhile.
  public var maximumAge: UInt64
  /// Checks a signature of a text. The costly part: all else is comparisons.
  var check: @Sendable (PublicKey, Signature, String) -> Bool = { key, signature, text in
    key.verifies(signature, of: text)
  }

  /// What a reply is checked against when no key is known for its node: some key on the curve (RFC 8032, section 7.1, test 1).
  static let decoy = PublicKey(base64: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")

  /// A verifier with this limit, in seconds.
  public init(maximumAge: UInt64 = 30) {
    self.maximumAge = maximumAge
  }

  /// Looks at a reply. Checks one signature whatever the verdict, so that the time it takes doesn't tell which nodes are known.
  ///
  /// - Parameters:
  ///   - reply: What the node answered.
  ///   - challenge: What this very connection sent. The reply doesn't repeat it, so that one to another challenge shows as
  ///     a bad signature. Without a time it never expires.
  ///   - naming: Which beacon the reply has to name.
  ///   - knownKey: The key that a ``KeyDirectory`` knows for `reply.node`; nil if it knows none.
  ///   - now: The beacon's clock, in seconds since 1970-01-01 UTC.
  public func verdict(
    on reply: AuthReply, to challenge: AuthChallenge, naming: NamingRule = .none, knownKey: PublicKey?, now: UInt64
  ) -> HandshakeVerdict {
    let key = knownKey ?? Self.decoy ?? reply.publicKey
    let text = AuthReply.signedText(node: reply.node, challenge: challenge, beacon: naming.signedName(of: reply))
    let isSigned = check(key, reply.signature, text)
    guard let knownKey else { return .unknownNode }
    if let sent = challenge.timestamp, max(now, sent) - min(now, sent) > maximumAge { return .expired }
    guard isSigned else { return reply.publicKey == knownKey ? .badSignature : .wrongKey }
    return naming.allows(reply) ? .accepted : .wrongBeacon
  }

  /// Which beacon a reply has to name.
  public enum NamingRule: Sendable {
    /// None: `pilot.v1`. A name in the reply means nothing.
    case none
    /// One of those that this accepts: `pilot.v2`.
    case one(@Sendable (BeaconName) -> Bool)

    fileprivate func signedName(of reply: AuthReply) -> BeaconName? {
      switch self {
      case .none: nil
      case .one: reply.beacon
      }
    }

    fileprivate func allows(_ reply: AuthReply) -> Bool {
      switch self {
      case .none: true
      case .one(let isOwn): reply.beacon.map(isOwn) ?? false
      }
    }
  }
}

/// Whether a WSS node is let in, and why not. The reasons are for the beacon's own log and counters: the peer gets
/// ``peerReason`` for all of them.
@nonexhaustive
public enum HandshakeVerdict: Hashable, Sendable {
  /// The known key signed the challenge. Which key the reply names doesn't matter.
  case accepted
  /// No key is known for the node.
  case unknownNode
  /// The known key didn't sign, and the reply names another one: most often a node whose registration is out of date.
  case wrongKey
  /// The reply names the known key, which didn't sign this challenge: a forged or replayed reply.
  case badSignature
  /// The reply came too late.
  case expired
  /// The known key signed this challenge, but for a beacon of another name: the node has dialled somebody who passed the
  /// challenge on, or this beacon doesn't know one of its names.
  case wrongBeacon

  /// The reason for the peer, with close code 1008: the same for all, so that it doesn't tell which nodes exist.
  public static let peerReason = "auth failed"
}

extension HandshakeVerdict: CustomStringConvertible {
  /// The verdict's name in snake case, fit for logs and metrics.
  public var description: String {
    switch self {
    case .accepted: "accepted"
    case .unknownNode: "unknown_node"
    case .wrongKey: "wrong_key"
    case .badSignature: "bad_signature"
    case .expired: "expired"
    case .wrongBeacon: "wrong_beacon"
    }
  }
}
