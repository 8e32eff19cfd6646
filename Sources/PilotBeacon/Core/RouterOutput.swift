package import PilotTransport
package import PilotWire

/// Something that the driver does for the router, beside relaying. Where the router has to know what came of it, the case
/// names the event that tells it.
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
  /// Look whether this beacon has made a proof's challenge for its source, and is the one that the proof names:
  /// ``Router/checkedToken(of:_:at:)``.
  indirect case checkToken(ProofJob)
  /// Have a signature verified away from the threads that relay: ``Router/verified(_:holds:at:)``, or
  /// ``Router/leftOut(_:)`` if there is no room for it.
  indirect case verify(VerificationJob)
  /// Look whether a nonce that ICMP has quoted is the probe's own: ``Router/checkedNonce(of:isOwn:at:)``.
  case checkNonce(EndpointProbe, ChallengeToken)
  /// Tell a node where to punch; or ask it for a sign, by naming this beacon's own address.
  case punch(Hop, PunchCommand)
  /// Close a connection that a newer one of its node has replaced (1000, `replaced`).
  case replaced(ConnectionID)
}

/// A proof whose challenge is young enough, and where it came from.
package struct ProofJob: Equatable, Sendable {
  /// The proof.
  package let proof: DiscoverProof
  /// The datagram's source.
  package let source: Endpoint
  /// Which of this machine's addresses it was written to.
  package let local: LocalAddress

  /// The proof of this source.
  package init(_ proof: DiscoverProof, from source: Endpoint, _ local: LocalAddress = .any) {
    (self.proof, self.source, self.local) = (proof, source, local)
  }
}

/// What can be told of a proof without a look at its signature.
package enum ProofCheck: Equatable, Sendable {
  /// This beacon has made no such challenge for the proof's source.
  case forged
  /// It has, but the node has dialled another beacon than this one, as far as it knows its names.
  case wrongBeacon
  /// Challenge and name are its own.
  case passed
}

/// What takes a signature to decide.
package enum VerificationJob: Equatable, Sendable {
  /// A proof whose challenge this beacon has made, and that the router has admitted.
  case proof(ProofJob)
  /// A request to punch that the router has found due, if its grant holds.
  case grant(PunchRequest, from: FrameOrigin)
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
