internal import PilotTransport
internal import PilotWire

/// All sessions with one peer: the confirmed one, those that may take its place, and the one before.
///
/// A signed key exchange stays valid for ever, so that a recorded one can be sent by anybody. A new key of the peer's makes a
/// candidate therefore, and the first frame that opens under it confirms it: that shows that the peer has the key now. Until
/// then the confirmed session goes on as if nothing had come.
///
/// A session that was replaced is never made again, since frames that were recorded under it would open once more: its key is
/// retired for as long as our half lives, and with another half nothing recorded opens.
struct PeerSessions: Sendable {
  static let candidateLimit = 4
  /// How many keys are remembered that have never been confirmed.
  static let failedLimit = 16
  /// How many are remembered that have been replaced.
  static let retiredLimit = 16
  static let fetchInterval = Duration.seconds(10)
  /// How often a candidate is asked for a frame by itself, and when after the time before.
  static let probePauses: [Duration] = [.zero, .milliseconds(500), .milliseconds(500)]

  let node: NodeID
  /// The identity that it has; nil if nobody knows, and that is allowed.
  let key: PublicKey?
  let since: MonotonicInstant

  var own: OwnKey
  var renewedAt: MonotonicInstant
  var current: Session?
  var candidates: [Candidate] = []
  /// The session before, if any: one at most.
  var stragglers: [Session] = []
  var stragglersUntil = MonotonicInstant.start
  /// The peer's keys that had a session with our half.
  var retired: [KeyAgreementKey] = []
  /// Hashes of those that have run out without one.
  var failed: [Int] = []

  var exchange = ExchangeSchedule()
  /// By the relay, whose frames are the peer's by the beacon's account, and by any other way, whose may be anybody's: who floods one
  /// takes no answer from the other.
  private var answeredAt: (relayed: MonotonicInstant?, direct: MonotonicInstant?) = (nil, nil)
  var fetchedAt: MonotonicInstant?
  var rekeyDueSince: MonotonicInstant?
  var activity: SessionActivity
  var counters = TunnelCounters()

  init(_ node: NodeID, key: PublicKey?, own: OwnKey, at now: MonotonicInstant) {
    self.node = node
    self.key = key
    self.own = own
    since = now
    renewedAt = now
    activity = SessionActivity(at: now)
  }

  /// When to call ``tick(at:_:)``, besides the sweeps; nil if nothing is under way.
  var due: MonotonicInstant? {
    var due = exchange.due
    func include(_ time: MonotonicInstant) { due = due.map { min($0, time) } ?? time }
    for candidate in candidates { include(candidate.nextProbe) }
    if !stragglers.isEmpty { include(stragglersUntil) }
    return due
  }

  /// Whether it is only here because of frames that anybody could have sent.
  func isDispensable(_ side: OwnSide) -> Bool {
    current == nil && exchange.due == nil && !side.pending.isAwaiting(node)
  }

  mutating func count(_ drop: TunnelDrop, _ side: inout OwnSide) {
    counters[drop] += 1
    side.counters[drop] += 1
  }

  /// What a sealer has done is added when it is done.
  mutating func count(_ sealer: Sealer, _ side: inout OwnSide) {
    counters.add(sealer)
    side.counters.add(sealer)
  }

  /// What has come and gone, with the sealers that are still in use.
  var allCounters: TunnelCounters {
    var all = counters
    for sealer in sealers { all.add(sealer) }
    return all
  }

  /// Those that are in use.
  var sealers: [Sealer] {
    (current.map { [$0.sealer] } ?? []) + candidates.map(\.session.sealer) + stragglers.map(\.sealer)
  }

  // MARK: Key exchanges

  /// A session is wanted, if there is none.
  mutating func connect(at now: MonotonicInstant, _ side: inout OwnSide) {
    guard current == nil, exchange.want(side.configuration, at: now) else { return }
    offer(by: .everywhere, at: now, &side)
  }

  /// Sends our half.
  mutating func offer(by choice: RouteChoice, at now: MonotonicInstant, _ side: inout OwnSide) {
    counters.offers += 1
    side.counters.offers += 1
    side.put(.send(own.offer, to: node, by: choice))
    guard choice == .everywhere else { return }
    current?.offeredAt = now
    for index in candidates.indices { candidates[index].session.offeredAt = now }
  }

  /// Whether a frame that asks for our half, by not opening or by offering what we don't take, may get it again.
  func mayAnswer(by route: TunnelRoute, at now: MonotonicInstant, _ side: OwnSide) -> Bool {
    let last = route == .relay ? answeredAt.relayed : answeredAt.direct
    return last.map { $0.duration(to: now) >= side.configuration.answerInterval } ?? true
  }

  /// Answers such a frame. Without a session, one that has come directly is answered by the relay as well: whoever has sent it, the peer
  /// hears of it.
  mutating func answer(by route: TunnelRoute, at now: MonotonicInstant, _ side: inout OwnSide) {
    guard mayAnswer(by: route, at: now, side) else { return }
    if route != .relay {
      answeredAt.direct = now
      offer(by: .route(route), at: now, &side)
      guard current == nil, mayAnswer(by: .relay, at: now, side) else { return }
    }
    answeredAt.relayed = now
    offer(by: .route(.relay), at: now, &side)
  }

  /// Whether its key may be looked up again because of a frame.
  func mayFetch(at now: MonotonicInstant) -> Bool {
    fetchedAt.map { $0.duration(to: now) >= Self.fetchInterval } ?? true
  }

  /// Its key may be looked up again as soon as its session would have fallen silent: the claim may prove true.
  mutating func fetchSooner(_ side: OwnSide) {
    fetchedAt = fetchedAt?.advanced(by: side.configuration.silence - Self.fetchInterval)
  }

  /// Whether a key of the peer's stands in a session or candidate with our half.
  func hasSession(with key: KeyAgreementKey) -> Bool {
    let name = SessionName(own: own.pair.publicKey, peer: key)
    return current?.name == name || candidates.contains { $0.session.name == name }
  }

  /// The peer has offered a key again. Nothing changes; but it may have lost our half, or the session.
  mutating func reoffered(
    _ key: KeyAgreementKey, by route: TunnelRoute, at now: MonotonicInstant, _ side: inout OwnSide
  ) {
    let name = SessionName(own: own.pair.publicKey, peer: key)
    let interval = side.configuration.answerInterval
    if let session = current, session.name == name {
      guard session.isSilent(for: side.configuration.silence, at: now),
        session.offeredAt.map({ $0.duration(to: now) >= interval }) ?? true
      else { return }
      current?.offeredAt = now
      offer(by: .route(route), at: now, &side)
      probe(session.sealer, by: .route(route), &side)
      return
    }
    guard let index = candidates.firstIndex(where: { $0.session.name == name }),
      candidates[index].session.offeredAt.map({ $0.duration(to: now) >= interval }) ?? true
    else { return }
    candidates[index].session.offeredAt = now
    candidates[index].route = .route(route)
    offer(by: .route(route), at: now, &side)
    probe(candidates[index].session.sealer, by: .route(route), &side)
  }

  /// The peer has offered a key, and shown that it is its own. Whether anything has come of it.
  mutating func offered(
    _ key: KeyAgreementKey, by route: TunnelRoute, at now: MonotonicInstant, _ side: inout OwnSide
  ) -> TunnelDrop? {
    if hasSession(with: key) {
      reoffered(key, by: route, at: now, &side)
      return .staleExchange
    }
    if retired.contains(key) {
      // Recorded, most likely. If the peer really has gone back to it, then nothing opens under the session any more.
      guard let current, current.isSilent(for: side.configuration.stragglerTime, at: now),
        renewedAt.duration(to: now) >= side.configuration.rekeyPatience, renewKey(at: now, &side)
      else { return .staleExchange }
    }
    guard let session = Session(&own, with: key, of: side.id, at: now) else { return .weakKey }
    enter(Candidate(session: session, route: .route(route), nextProbe: now), at: now, &side)
    candidates[candidates.count - 1].session.offeredAt = now
    offer(by: .route(route), at: now, &side)
    probeCandidates(at: now, &side)
    flushPending(&side)
    return nil
  }

  /// Takes a new half, for which the sessions so far are nothing: they go on, and none of them is made again.
  ///
  /// - Returns: Whether it could.
  mutating func renewKey(at now: MonotonicInstant, _ side: inout OwnSide) -> Bool {
    guard let key = side.newKey() else { return false }
    own = key
    renewedAt = now
    rekeyDueSince = nil
    retired.removeAll()
    failed.removeAll()
    offerRenewedKey(at: now, &side)
    return true
  }

  /// Offers a new half for the session that there is, until the peer takes it.
  mutating func offerRenewedKey(at now: MonotonicInstant, _ side: inout OwnSide) {
    renewedAt = now
    exchange.settle()
    if exchange.want(side.configuration, at: now) { offer(by: .everywhere, at: now, &side) }
    guard let peer = current?.peer, !hasSession(with: peer),
      let session = Session(&own, with: peer, of: side.id, at: now)
    else { return }
    enter(Candidate(session: session, route: .active, nextProbe: now), at: now, &side)
    probeCandidates(at: now, &side)
  }

  /// Takes a candidate in, and lets another go if there are too many: one whose key has never come to anything before, or the
  /// oldest.
  private mutating func enter(_ candidate: Candidate, at now: MonotonicInstant, _ side: inout OwnSide) {
    if candidates.count == Self.candidateLimit {
      let index = candidates.firstIndex { failed.contains($0.session.peer.hashValue) } ?? 0
      count(candidates.remove(at: index).session.sealer, &side)
    }
    candidates.append(candidate)
  }
}
