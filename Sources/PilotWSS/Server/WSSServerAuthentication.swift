import PilotIdentity
import PilotWire

/// The beacon's side of the authentication (wire reference, section 3): one challenge, one reply, checked against the
/// *known* key.
struct WSSServerAuthentication: Sendable {
  private enum State: Sendable {
    case awaitingReply
    case lookingUp(AuthReply)
    case established
    case refused
  }

  /// What follows from a text message.
  enum OnText: Sendable, Equatable {
    case lookUpKey(of: NodeID)
    case ignore
    case refuse(WSSRefusal.Reason)
  }

  /// What follows from the known key.
  enum OnKey: Sendable, Equatable {
    case establish(NodeID)
    case refuse(WSSRefusal.Reason)
    case ignore
  }

  let challenge: AuthChallenge
  private let naming: HandshakeVerifier.NamingRule
  private var state = State.awaitingReply

  /// - Parameters:
  ///   - challenge: What this connection sends.
  ///   - naming: Which beacon the reply has to name.
  init(challenge: AuthChallenge, naming: HandshakeVerifier.NamingRule = .none) {
    self.challenge = challenge
    self.naming = naming
  }

  var isEstablished: Bool {
    if case .established = state { return true }
    return false
  }

  /// The node that a peer claims to be, once it has said so; proven when ``isEstablished``.
  private(set) var claimedNode: NodeID?
  /// What that peer has dialled the beacon as, if it said so.
  private(set) var claimedBeacon: BeaconName?

  mutating func receive(text: RawSpan) -> OnText {
    switch state {
    case .awaitingReply:
      guard case .reply(let reply)? = try? HandshakeMessage(parsing: text) else {
        return refuse(.unexpectedMessage)
      }
      // A reply in the form of `pilot.v1` is none here: it could have been made for anybody.
      if case .one = naming, reply.beacon == nil { return refuse(.unexpectedMessage) }
      state = .lookingUp(reply)
      (claimedNode, claimedBeacon) = (reply.node, reply.beacon)
      return .lookUpKey(of: reply.node)
    case .lookingUp:
      return refuse(.unexpectedMessage)
    case .established, .refused:
      // Texts after authentication are reserved for control messages to come.
      return .ignore
    }
  }

  private mutating func refuse(_ reason: WSSRefusal.Reason) -> OnText {
    state = .refused
    return .refuse(reason)
  }

  private mutating func refuse(_ reason: WSSRefusal.Reason) -> OnKey {
    state = .refused
    return .refuse(reason)
  }

  /// The key directory has answered.
  mutating func receive(key: PublicKey?, now: UInt64) -> OnKey {
    guard case .lookingUp(let reply) = state else { return .ignore }
    // The broadcast address is no node's, whatever a directory says.
    let key = reply.node.rawValue == PilotAddress.broadcastNode ? nil : key
    switch HandshakeVerifier().verdict(on: reply, to: challenge, naming: naming, knownKey: key, now: now) {
    case .accepted:
      state = .established
      return .establish(reply.node)
    case .unknownNode: return refuse(.unknownNode)
    case .wrongKey: return refuse(.wrongKey)
    case .badSignature: return refuse(.badSignature)
    case .expired: return refuse(.expired)
    case .wrongBeacon: return refuse(.wrongBeacon)
    }
  }

  /// The keys could not be looked up.
  mutating func lookupFailed() -> OnKey {
    guard case .lookingUp = state else { return .ignore }
    return refuse(.lookupFailed)
  }
}
