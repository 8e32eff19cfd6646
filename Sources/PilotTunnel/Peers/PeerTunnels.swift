import PilotIdentity
import PilotTransport
import PilotWire

/// A node's sessions with its peers, and by which route each one's frames go: a ``TunnelMachine`` and a ``DirectPath`` for each peer
/// as one value, without clock, socket or lock.
///
/// Whoever drives it tells it what comes and what time it is, then takes its outputs until there are none.
struct PeerTunnels: Sendable {
  /// What the driver is to do.
  enum Output: Sendable {
    /// Send a frame to a peer.
    case send([UInt8], to: NodeID, by: TunnelRoute)
    /// Ask the beacon to have both sides punch.
    case requestPunch(NodeID)
    /// Look a node's key up, and tell it (``PeerTunnels/learned(_:of:at:)``).
    case lookUp(NodeID)
    /// From now on packets go to a peer like this; nil: it has no session any more.
    case carry(NodeID, SealedRoute?)
    /// A peer gets no session.
    case refused(NodeID, RefusalReason)
    /// A peer takes datagrams in fragments, up to so many bytes; nil: none.
    case fragments(NodeID, longest: Int?)
  }

  private(set) var sessions: TunnelMachine
  private var paths = PeerTable<DirectPath>()
  private var sealers: [NodeID: Sealer] = [:]
  private var budget = DirectBudget()
  private var surroundings: Surroundings
  private let direct: DirectPath.Configuration?
  private(set) var fragments: FragmentExchange?
  private var random: AnyRandomSource
  private var outputs: [Output] = []
  /// Whose direct frame was opened last, and from where: of a run of them one is told.
  private var lastOpened: (peer: NodeID, from: Endpoint)?
  /// When the driver is going to tell the time.
  private var alarm: MonotonicInstant?

  /// - Parameters:
  ///   - sessions: The sessions.
  ///   - surroundings: What is known of the network.
  ///   - direct: When direct paths are looked for; nil for never.
  ///   - fragmentsUpTo: How long a datagram may be that goes and comes in fragments; nil if none does.
  ///   - random: For probes' tokens.
  init(
    _ sessions: TunnelMachine, in surroundings: Surroundings, direct: DirectPath.Configuration?,
    fragmentsUpTo longest: Int? = nil, random: any RandomNumberGenerator & Sendable
  ) {
    fragments = longest.map { FragmentExchange(longest: $0) }
    self.sessions = sessions
    self.surroundings = surroundings
    self.direct = direct
    self.random = AnyRandomSource(random)
  }

  // MARK: Frames

  /// A tunnel frame has come. As ``TunnelMachine/receive(_:by:relayedFor:at:into:)``.
  mutating func receive(
    _ frame: RawSpan, by route: TunnelRoute, relayedFor relayer: NodeID?, at now: MonotonicInstant,
    into plaintext: inout MutableRawSpan
  ) -> Reception {
    let reception = sessions.receive(frame, by: route, relayedFor: relayer, at: now, into: &plaintext)
    switch reception {
    case .packet(let peer, let header, let range):
      opened(of: peer, by: route, at: now)
      if header.protocol == .fragment {
        let payload = plaintext.bytes.extracting(range)
        let result = receivedFragment(header, payload, from: peer, at: now)
        settle(at: now)
        return result
      }
    case .life(let peer): opened(of: peer, by: route, at: now)
    case .probe(let peer, let range):
      opened(of: peer, by: route, at: now)
      if let payload = ProbePayload(parsing: plaintext.bytes.extracting(range)) {
        change(peer, at: now) { $0.probed(payload, by: route, at: now) }
      }
    case .echo(let peer, let range):
      opened(of: peer, by: route, at: now)
      if let payload = ProbePayload(parsing: plaintext.bytes.extracting(range)) {
        change(peer, at: now) { $0.echoed(payload, by: route, at: now) }
      }
    case .punch, .exchange, .dropped, .assembled, .fragment: break
    }
    settle(at: now)
    return reception
  }

  // MARK: Fragments

  private mutating func receivedFragment(
    _ header: PacketHeader, _ payload: RawSpan, from peer: NodeID, at now: MonotonicInstant
  ) -> Reception {
    guard let outcome = fragments?.receive(header, payload, from: peer, at: now) else {
      return .dropped(sessions.drop(.fragmentRefused, of: peer))
    }
    countGivenUp()
    tellFragments(of: peer, at: now)
    switch outcome {
    case .complete(let datagram):
      sessions.assembled(datagram.count, of: peer, at: now)
      return .assembled(from: peer, header: header, datagram: datagram)
    case .waiting: return .fragment(from: peer)
    case .answer(let offer):
      send(offer, to: peer)
      return .fragment(from: peer)
    case .unfit: return .dropped(sessions.drop(.fragmentUnfit, of: peer))
    case .malformed: return .dropped(sessions.drop(.malformedPacket, of: peer))
    }
  }

  /// A datagram is to be sent to a peer that hasn't said that it takes fragments.
  mutating func wantFragments(of peer: NodeID, at now: MonotonicInstant) {
    guard sealers[peer] != nil else { return connect(to: peer, at: now) }
    fragments?.want(peer, at: now)
    tellFragments(of: peer, at: now)
    settle(at: now)
  }

  /// Asks a peer if that is due, and passes on what it has said, if that is news.
  private mutating func tellFragments(of peer: NodeID, at now: MonotonicInstant) {
    if let question = fragments?.tick(peer, at: now) { send(question, to: peer) }
    if let change = fragments?.takeChange(of: peer) { outputs.append(.fragments(peer, longest: change)) }
    note(fragments?.deadline)
  }

  private mutating func send(_ offer: FragmentOffer, to peer: NodeID) {
    guard let sealer = sealers[peer] else { return }
    let header = offer.header(
      from: PilotAddress(network: 0, node: sealer.sender.rawValue), to: PilotAddress(network: 0, node: peer.rawValue))
    guard let frame = try? sealer.sealed(header, RawSpan()) else { return }
    outputs.append(.send(frame, to: peer, by: paths[peer]?.route ?? .relay))
  }

  private mutating func countGivenUp() {
    guard let givenUp = fragments?.takeGivenUp() else { return }
    for (peer, count) in givenUp {
      for _ in 0..<count { _ = sessions.drop(.incomplete, of: peer) }
    }
  }

  private mutating func opened(of peer: NodeID, by route: TunnelRoute, at now: MonotonicInstant) {
    guard case .direct(let source) = route, lastOpened?.peer != peer || lastOpened?.from != source else { return }
    lastOpened = (peer, source)
    change(peer, at: now) { $0.opened(from: source, at: now) }
  }

  /// All that had arrived has been told.
  mutating func drained() { lastOpened = nil }

  /// A packet is to be sent to a peer that has no session. As ``TunnelMachine/send(_:_:to:at:)``.
  mutating func send(
    _ header: PacketHeader, _ payload: RawSpan, to peer: NodeID, at now: MonotonicInstant
  ) -> SendResult {
    let result = sessions.send(header, payload, to: peer, at: now)
    settle(at: now)
    return result
  }

  /// A session is wanted.
  mutating func connect(to peer: NodeID, at now: MonotonicInstant) {
    sessions.connect(to: peer, at: now)
    settle(at: now)
  }

  /// Packets were sent to a peer: once a batch is enough.
  mutating func sent(to peer: NodeID, at now: MonotonicInstant) {
    change(peer, at: now) { $0.sent(at: now) }
    settle(at: now)
  }

  // MARK: What else happens

  /// What is known of a node's key, or has changed. As ``TunnelMachine/learned(_:of:at:)``.
  mutating func learned(_ answer: KeyAnswer?, of node: NodeID, at now: MonotonicInstant) {
    sessions.learned(answer, of: node, at: now)
    settle(at: now)
  }

  /// The beacon has said that somebody is there, who was asked for or has asked.
  mutating func punchCommanded(to endpoint: Endpoint, at now: MonotonicInstant) {
    for peer in budget.askedLately(at: now) { change(peer, at: now) { $0.punchCommanded(to: endpoint, at: now) } }
    settle(at: now)
  }

  /// Nothing listens at an address, by a report that quotes a frame.
  mutating func unreachable(_ endpoint: Endpoint, quoting frame: RawSpan, at now: MonotonicInstant) {
    guard frame.byteCount >= SealedFrame.headerLength,
      frame.bigEndian(at: 0, as: UInt32.self) == TunnelMagic.sealed.rawValue
    else { return }
    let (sender, prefix) = (frame.bigEndian(at: 4, as: UInt32.self), frame.bigEndian(at: 8, as: UInt32.self))
    for (peer, sealer) in sealers where sealer.prefix == prefix && sealer.sender.rawValue == sender {
      change(peer, at: now) { $0.unreachable(endpoint, at: now) }
    }
    settle(at: now)
  }

  /// A frame can't be sent to a peer's address.
  mutating func unsendable(_ endpoint: Endpoint, to peer: NodeID, at now: MonotonicInstant) {
    change(peer, at: now) { $0.unreachable(endpoint, at: now) }
    settle(at: now)
  }

  /// More is known of the network.
  mutating func surround(by surroundings: Surroundings, at now: MonotonicInstant) {
    guard surroundings != self.surroundings else { return }
    self.surroundings = surroundings
    for peer in paths.nodes { change(peer, at: now) { $0.surround(by: surroundings, at: now) } }
    settle(at: now)
  }

  /// The node has reached its beacon.
  mutating func reached(at now: MonotonicInstant) {
    sessions.reached(at: now)
    settle(at: now)
  }

  /// The beacon says that a node isn't there.
  mutating func gone(_ peer: NodeID, at now: MonotonicInstant) {
    sessions.gone(peer, at: now)
    note(sessions.deadline)
    settle(at: now)
  }

  /// This machine is on another network, perhaps.
  mutating func networkChanged(at now: MonotonicInstant) {
    for peer in paths.nodes { change(peer, at: now) { $0.networkChanged(at: now) } }
    settle(at: now)
  }

  /// Time has passed.
  mutating func tick(at now: MonotonicInstant) {
    sessions.tick(at: now)
    for index in paths.indices {
      if let due = paths[index].deadline, due <= now { change(paths[index].peer, at: now) { _ in } }
    }
    if let due = fragments?.deadline, due <= now {
      fragments?.expire(at: now)
      countGivenUp()
      for peer in fragments?.due(at: now) ?? [] { tellFragments(of: peer, at: now) }
    }
    settle(at: now)
  }

  /// When to tell the time next; the driver goes by it until ``isDueSooner``.
  mutating func setAlarm() -> MonotonicInstant? {
    let first = [sessions.deadline, fragments?.deadline].compactMap(\.self).min()
    alarm = paths.values.reduce(first) { least, path in
      guard let due = path.deadline else { return least }
      return least.map { min($0, due) } ?? due
    }
    return alarm
  }

  /// Whether the time is to be told before the alarm that was set.
  private(set) var isDueSooner = false

  // MARK: What is known

  /// The peers that have a session.
  var peers: [NodeID] { Array(sealers.keys) }

  /// How long an echo takes directly; nil on the relay.
  func roundTrip(to peer: NodeID) -> Duration? { paths[peer]?.roundTrip }

  // MARK: Outputs

  mutating func takeOutputs() -> [Output] {
    isDueSooner = false
    guard !outputs.isEmpty else { return [] }
    defer { outputs.removeAll(keepingCapacity: true) }
    return outputs
  }

  /// Tells a peer's path something, gives it the time if it is due, and passes on what it wants done.
  private mutating func change(_ peer: NodeID, at now: MonotonicInstant, _ body: (inout DirectPath) -> Void) {
    guard let index = paths.index(of: peer) else { return }
    let (route, isDoubted) = (paths[index].route, paths[index].isDoubted)
    body(&paths[index])
    if let due = paths[index].deadline, due <= now {
      paths[index].tick(at: now, spending: &budget, using: &random)
    }
    while let output = paths[index].nextOutput() {
      switch output {
      case .requestPunch: outputs.append(.requestPunch(peer))
      case .probe(let payload, let route): probe(peer, payload, by: route)
      case .switched: break
      }
    }
    if paths[index].route != route || paths[index].isDoubted != isDoubted { carry(peer) }
    note(paths[index].deadline)
  }

  private mutating func probe(_ peer: NodeID, _ payload: ProbePayload, by route: TunnelRoute) {
    guard let sealer = sealers[peer] else { return }
    let header = PacketHeader(.control, from: sealer.sender, PilotPort.ping, to: peer, PilotPort.ping)
    guard let frame = try? sealer.sealed(header, payload.encoded().span.raw) else { return }
    outputs.append(.send(frame, to: peer, by: route))
  }

  private mutating func carry(_ peer: NodeID) {
    let sealed = sealers[peer].map { sealer in
      SealedRoute(sealer, route: paths[peer]?.route ?? .relay, isDoubted: paths[peer]?.isDoubted ?? false)
    }
    outputs.append(.carry(peer, sealed))
  }

  /// Passes on what the sessions want done.
  private mutating func settle(at now: MonotonicInstant) {
    while let output = sessions.nextOutput() {
      switch output {
      case .send(let frame, let peer, .route(let route)): outputs.append(.send(frame, to: peer, by: route))
      case .send(let frame, let peer, let choice):
        let route = paths[peer]?.route ?? .relay
        outputs.append(.send(frame, to: peer, by: route))
        let isDoubled = choice == .everywhere || paths[peer]?.isDoubted == true
        if isDoubled, route != .relay { outputs.append(.send(frame, to: peer, by: .relay)) }
      case .lookUp(let node): outputs.append(.lookUp(node))
      case .ready(let peer, let sealer):
        sealers[peer] = sealer
        if let direct, paths[peer] == nil {
          paths[peer] = DirectPath(to: peer, in: surroundings, direct, at: now)
          note(paths[peer]?.deadline)
        }
        carry(peer)
        fragments?.renew(peer, at: now)
        if fragments != nil { tellFragments(of: peer, at: now) }
      case .ended(let peer, _):
        sealers[peer] = nil
        fragments?.forget(peer)
        countGivenUp()
        if fragments != nil { outputs.append(.fragments(peer, longest: nil)) }
        paths[peer] = nil
        carry(peer)
      case .refused(let peer, let reason): outputs.append(.refused(peer, reason))
      }
      note(sessions.deadline)
    }
  }

  private mutating func note(_ due: MonotonicInstant?) {
    guard let due else { return }
    if alarm.map({ due < $0 }) ?? true { isDueSooner = true }
  }
}
