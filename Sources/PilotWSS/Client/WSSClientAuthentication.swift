import PilotIdentity
import PilotWire

/// The node's side of the authentication (wire reference, section 3): a challenge is answered, `auth_ok` awaited.
struct WSSClientAuthentication: Sendable {
  private enum State: Sendable { case awaitingChallenge, awaitingOK, established }

  /// What follows from a text message.
  enum OnText: Sendable, Equatable {
    case reply([UInt8])
    case established
    case ignore
    /// The beacon is about to end.
    case drain(DrainNotice)
    case violation(String)
  }

  private let node: NodeID
  private let identity: Identity
  private let beacon: BeaconName?
  private var state = State.awaitingChallenge

  /// - Parameter beacon: What the beacon was dialled as, where `pilot.v2` is spoken; nil in `pilot.v1`.
  init(node: NodeID, identity: Identity, dialling beacon: BeaconName? = nil) {
    self.node = node
    self.identity = identity
    self.beacon = beacon
  }

  var isEstablished: Bool {
    if case .established = state { return true }
    return false
  }

  mutating func receive(text: RawSpan) -> OnText {
    if isEstablished { return Self.control(text) }
    do {
      return try answer(HandshakeMessage(parsing: text))
    } catch {
      return .violation("the beacon's message is not understood: \(error)")
    }
  }

  /// Texts after authentication are for control: those that aren't known, or that are broken, are passed over.
  private static func control(_ text: RawSpan) -> OnText {
    guard case .drain(let notice)? = try? HandshakeMessage(parsing: text) else { return .ignore }
    return .drain(notice)
  }

  private mutating func answer(_ message: HandshakeMessage) throws -> OnText {
    switch (state, message) {
    case (.awaitingChallenge, .challenge(let challenge)):
      if beacon != nil, challenge.timestamp == nil {
        return .violation("the beacon's challenge has no time, which pilot.v2 demands")
      }
      state = .awaitingOK
      return .reply(Array(try identity.reply(to: challenge, as: node, dialling: beacon).json.utf8))
    case (.awaitingOK, .ok):
      state = .established
      return .established
    case (_, .unknown), (_, .drain):
      return .ignore
    case (.awaitingChallenge, _):
      return .violation("the beacon did not begin with a challenge")
    case (_, _):
      return .violation("the beacon answered the authentication with something else than auth_ok")
    }
  }
}
