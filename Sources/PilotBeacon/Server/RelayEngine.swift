import PilotIdentity
package import PilotTransport
import PilotWSS
package import PilotWire
import Synchronization

/// The router and the connections it knows by number, shared by every thread that receives frames.
///
/// The lock covers decisions, about a microsecond; frames are sent outside of it.
package final class RelayEngine: Sendable {
  fileprivate struct State: ~Copyable {
    var router: Router
    var connections: [UInt64: WSSConnection] = [:]
    /// What the router's anticipation gave, which means nothing.
    var anticipated: UInt64 = 0
  }

  /// What to do with a frame, with the connection at hand.
  enum Decision {
    case sendUDP(Endpoint, DeliverHeader, from: LocalAddress)
    case sendWSS(WSSConnection, DeliverHeader)
    /// Answer over UDP, as told.
    case answerUDP(DiscoverAnswer)
    /// Answer with the connection's own remote address.
    case answerWSS(WSSConnection)
    /// On the heap, so that the others stay small.
    indirect case rare(RareDecision)
    case nothing
  }

  /// What few frames lead to.
  enum RareDecision {
    /// Answer over UDP, and send this probe.
    case answerAndProbe(DiscoverAnswer, EndpointProbe)
    case verifyProof(from: Endpoint, LocalAddress)
    case punch(Punch, Punch?)
    case verifyGrant(from: FrameOrigin)
  }

  /// A PunchCommand that is due.
  struct Punch {
    /// Where it goes.
    enum Hop {
      case udp(Endpoint, from: LocalAddress)
      case wss(WSSConnection)
    }

    let hop: Hop
    let endpoint: Endpoint
  }

  /// How many decisions are made under one lock: enough for its price to vanish, few enough for others not to wait.
  static let decisionsPerTurn = 16

  private let state: Mutex<State>

  package init(_ configuration: Router.Configuration, seed: UInt64) {
    state = Mutex(State(router: Router(configuration, seed: seed)))
  }

  package var statistics: RouterStatistics { state.withLock { $0.router.statistics } }

  /// Decides about one frame.
  func decide(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> Decision {
    state.withLock { $0.decide(frame, from: origin, at: now) }
  }

  /// Decides about the next few datagrams, and moves the cursor behind them.
  @unsafe
  func decide(
    _ datagrams: LentFrames, from cursor: inout RunCursor, into decisions: inout [Decision], at now: MonotonicInstant
  ) {
    var ahead = cursor
    state.withLock { state in
      unsafe datagrams.forEachFrame(from: &ahead, limit: Self.decisionsPerTurn) { frame, _ in
        state.anticipated ^= state.router.anticipate(frame)
      }
      unsafe datagrams.forEachFrame(from: &cursor, limit: Self.decisionsPerTurn) { frame, source, local in
        decisions.append(state.decide(frame, from: .udp(source, local), at: now))
      }
    }
  }

  /// Whether a challenge for this node may go to this endpoint.
  func admitsChallenge(of node: NodeID, to endpoint: Endpoint, at now: MonotonicInstant) -> Bool {
    state.withLock { $0.router.admitsChallenge(of: node, to: endpoint, at: now) }
  }

  /// Whether a key may be fetched for a Discover from this endpoint.
  func admitsFetch(for endpoint: Endpoint, at now: MonotonicInstant) -> Bool {
    state.withLock { $0.router.admitsFetch(for: endpoint, at: now) }
  }

  /// Whether the signature of a proof, whose challenge this beacon has made, is worth to be verified.
  func admits(_ proof: DiscoverProof, from source: Endpoint, at now: MonotonicInstant) -> Bool {
    state.withLock { $0.router.admits(proof, from: source, at: now) }
  }

  /// A proof holds.
  /// - Returns: The answer that is due.
  func proven(
    _ proof: DiscoverProof, from source: Endpoint, _ local: LocalAddress, at now: MonotonicInstant
  ) -> DiscoverAnswer? {
    state.withLock { $0.router.proven(proof, from: source, local, at: now) }
  }

  /// A proof doesn't hold, or wasn't looked at.
  func proofRefused(_ outcome: ProofOutcome) {
    state.withLock { $0.router.proofRefused(outcome) }
  }

  /// A request's grant holds.
  /// - Returns: What to send.
  func granted(_ request: PunchRequest, from origin: FrameOrigin, at now: MonotonicInstant) -> (Punch, Punch?)? {
    state.withLock { state in
      state.router.granted(request, from: origin, at: now).flatMap { state.punches($0, at: now) }
    }
  }

  /// A request's grant doesn't hold, or wasn't looked at.
  func grantRefused(_ outcome: GrantOutcome) {
    state.withLock { $0.router.grantRefused(outcome) }
  }

  /// The keys of these nodes have changed: what they have proven with the old ones counts no longer. Some at a time, so that
  /// relaying goes on.
  func revoke(_ nodes: some Collection<NodeID>) {
    var rest = nodes[...]
    while !rest.isEmpty {
      state.withLock { state in
        for node in rest.prefix(1_000) { state.router.revoke(node) }
      }
      rest = rest.dropFirst(1_000)
    }
  }

  /// Keys have changed: what was proven with the old ones counts no longer.
  /// - Returns: The connections that were opened with them, to be closed.
  func revoke(_ change: KeyChange, by keys: any KeyDirectory) -> [WSSConnection] {
    switch change {
    case .nodes(let nodes):
      revoke(nodes)
      return connections.filter { nodes.contains($0.node) && keys.hasRevoked($0.key, of: $0.node) }
    case .anything:
      // Rare, and after so many changes at once that who is still right can't be told cheaply: they prove it again.
      state.withLock { $0.router.revokeAll() }
      return connections.filter { keys.hasRevoked($0.key, of: $0.node) }
    }
  }

  /// A peer has authenticated.
  /// - Returns: The connection that it replaces.
  func attach(_ connection: WSSConnection) -> WSSConnection? {
    state.withLock { state in
      state.connections[connection.id] = connection
      let replaced = state.router.attach(node: connection.node, connection: ConnectionID(rawValue: connection.id))
      return replaced.flatMap { state.connections.removeValue(forKey: $0.rawValue) }
    }
  }

  func detach(_ connection: WSSConnection) {
    state.withLock { state in
      state.connections[connection.id] = nil
      state.router.detach(node: connection.node, connection: ConnectionID(rawValue: connection.id))
    }
  }

  /// ICMP has reported that a datagram to an endpoint found nobody. It counts if it quotes a probe with its nonce.
  /// - Returns: The answer that is due then.
  package func unreachable(
    _ endpoint: Endpoint, quoting quoted: QuotedDatagram, by authenticator: some DiscoverAuthenticator,
    at now: MonotonicInstant
  ) -> DiscoverAnswer? {
    guard let quote = EndpointProbe.Quote(quoted.bytes, to: endpoint),
      let probe = state.withLock({ $0.router.pendingProbe(quote.node, at: now) })
    else { return nil }
    let isFounded = probe.endpoint == endpoint && authenticator.nonce(for: probe) == quote.nonce
    return state.withLock { state in
      if isFounded { return state.router.unreachable(probe, at: now) }
      state.router.unfoundedReport()
      return nil
    }
  }

  /// What has happened since the last call that an operator may want to look into.
  func takeIncidents() -> [RouterIncident] { state.withLock { $0.router.takeIncidents() } }

  /// The connections at the moment, in no particular order.
  var connections: [WSSConnection] { state.withLock { Array($0.connections.values) } }

  /// Removes what has run out, looking at `limit` slots at most.
  package func expire(at now: MonotonicInstant, limit: Int) {
    state.withLock { _ = $0.router.expire(at: now, limit: limit) }
  }
}

extension RelayEngine.State {
  fileprivate mutating func decide(
    _ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant
  ) -> RelayEngine.Decision {
    switch router.on(frame, from: origin, at: now) {
    case .deliverUDP(let endpoint, let header, let local):
      return .sendUDP(endpoint, header, from: local)
    case .deliverWSS(let id, let header):
      return connections[id.rawValue].map { .sendWSS($0, header) } ?? .nothing
    case .answer(let answer):
      switch answer.origin {
      case .udp:
        let probe = answer.probing.flatMap { router.pendingProbe($0, at: now) }
        return probe.map { .rare(.answerAndProbe(answer, $0)) } ?? .answerUDP(answer)
      case .wss(let id, _): return connections[id.rawValue].map { .answerWSS($0) } ?? .nothing
      }
    case .verifyProof(let source, let local):
      return .rare(.verifyProof(from: source, local))
    case .punch(let pair):
      return punches(pair, at: now).map { .rare(.punch($0, $1)) } ?? .nothing
    case .verifyGrant(let origin):
      return .rare(.verifyGrant(from: origin))
    case .drop, .nothing:
      return .nothing
    }
  }

  fileprivate func punches(
    _ pair: PunchPair, at now: MonotonicInstant
  ) -> (RelayEngine.Punch, RelayEngine.Punch?)? {
    guard let commands = router.commands(for: pair, at: now), let requester = punch(commands.requester) else {
      return nil
    }
    return (requester, commands.target.flatMap { punch($0) })
  }

  private func punch(_ command: PunchCommands.Command) -> RelayEngine.Punch? {
    switch command.recipient {
    case .udp(let endpoint, let local):
      RelayEngine.Punch(hop: .udp(endpoint, from: local), endpoint: command.endpoint)
    case .wss(let id, _):
      connections[id.rawValue].map { RelayEngine.Punch(hop: .wss($0), endpoint: command.endpoint) }
    }
  }
}
