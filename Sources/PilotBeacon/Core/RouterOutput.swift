import PilotTransport
package import PilotWire

/// Something that the driver does for the router beside the frame's ``RouterAction``, at once: any number for a call, taken by
/// ``Router/nextOutput()``. Where the router has to know what came of it, the case names the event that tells it.
///
/// A plain value: no case holds memory, so that an answer costs no more than its bytes. What holds some is a ``RouterJob``.
package enum RouterOutput: Equatable, Sendable {
  /// Send a DiscoverReply that names the address it goes to; over a connection, the connection's remote address. Whoever
  /// asks is answered, believed or not.
  case reply(Hop)
  /// Ask an endpoint for a sign of death: send the probe, with ``DiscoverAuthenticator/nonce(for:)``.
  case probe(EndpointProbe)
  /// Look whether the node's key is at hand: ``Router/foundKey(_:for:at:)``.
  case findKey(DiscoverOffer)
  /// Have the node's key fetched, so that it is at hand when the node announces itself again.
  case fetchKey(NodeID)
  /// Send the challenge that ``DiscoverAuthenticator/challenge(_:offering:stamp:to:)`` makes of an offer.
  case challenge(DiscoverOffer)
  /// Look whether a nonce that ICMP has quoted is the probe's own: ``Router/checkedNonce(of:isOwn:at:)``.
  case checkNonce(EndpointProbe, ChallengeToken)
  /// Tell a node where to punch; or ask it for a sign, by naming this beacon's own address.
  case punch(Hop, PunchCommand)
  /// Tell the sender of a Relay, where that came from, that its destination isn't here.
  case gone(Hop, Gone)
  /// Close a connection that a newer one of its node has replaced (1000, `replaced`).
  case replaced(ConnectionID)
}

/// What the router wants done, in the order in which it came up: a ring of fixed size.
///
/// Its driver takes everything out after each event, which has five outputs at most. What finds it full is dropped, and
/// counted as ``RouterStatistics/outputsDropped``.
struct RouterOutputs: Sendable {
  /// A power of two.
  static let capacity = 64

  private var ring: [RouterOutput]
  private var first = 0
  private var count = 0

  init() {
    // What an empty place holds means nothing.
    ring = Array(repeating: .replaced(ConnectionID(rawValue: 0)), count: Self.capacity)
  }

  /// - Returns: Whether there was room.
  mutating func append(_ output: RouterOutput) -> Bool {
    guard count < Self.capacity else { return false }
    ring[(first &+ count) & (Self.capacity - 1)] = output
    count &+= 1
    return true
  }

  mutating func next() -> RouterOutput? {
    guard count > 0 else { return nil }
    let output = ring[first]
    first = (first &+ 1) & (Self.capacity - 1)
    count &-= 1
    return output
  }
}
