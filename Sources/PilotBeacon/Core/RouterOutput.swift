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
  /// Look whether this beacon has made a proof's challenge for its source: ``Router/checkedToken(of:isOwn:at:)``.
  case checkToken(ProofJob)
  /// Have a signature verified away from the threads that relay: ``Router/verified(_:holds:at:)``, or
  /// ``Router/leftOut(_:)`` if there is no room for it.
  case verify(VerificationJob)
  /// Look whether a nonce that ICMP has quoted is the probe's own: ``Router/checkedNonce(of:isOwn:at:)``.
  case checkNonce(EndpointProbe, ChallengeToken)
  /// Tell a node where to punch.
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

/// What takes a signature to decide.
package enum VerificationJob: Equatable, Sendable {
  /// A proof whose challenge this beacon has made, and that the router has admitted.
  case proof(ProofJob)
  /// A request to punch that the router has found due, if its grant holds.
  case grant(PunchRequest, from: FrameOrigin)
}

/// What the router wants done, in the order in which it came up.
///
/// Bounded, and never larger than one turn of the driver needs: ``RelayEngine/decisionsPerTurn`` frames with up to three
/// outputs each. What finds it full is dropped, and counted as ``RouterStatistics/outputsDropped``.
struct RouterOutputs: Sendable {
  static let capacity = 64

  private var waiting: [RouterOutput] = []
  private var taken = 0

  init() {
    waiting.reserveCapacity(Self.capacity)
  }

  /// - Returns: Whether there was room.
  mutating func append(_ output: RouterOutput) -> Bool {
    if taken > 0, waiting.count == Self.capacity {
      waiting.removeFirst(taken)
      taken = 0
    }
    guard waiting.count < Self.capacity else { return false }
    waiting.append(output)
    return true
  }

  mutating func next() -> RouterOutput? {
    guard taken < waiting.count else { return nil }
    defer {
      taken += 1
      if taken == waiting.count {
        waiting.removeAll(keepingCapacity: true)
        taken = 0
      }
    }
    return waiting[taken]
  }
}
