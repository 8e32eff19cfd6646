package import PilotIdentity
package import PilotTransport
package import PilotWire

/// The sealed sessions of a node with all its peers (wire reference, section 4): a value without clock, socket or lock.
///
/// Whoever drives it tells it what comes and what is to be sent, then takes its outputs until there are none, and tells it the
/// time again at its ``deadline``. What makes a session is tried by each side alone: a key exchange is sent for a packet, or
/// for a frame that doesn't open; the one that comes back makes a candidate; a frame that opens under it confirms it
/// (``PeerSessions``). Nothing is believed of a frame before its tag or its signature has been verified: until then it costs
/// what ``ExchangeBudget`` has for its origin, and changes no session.
///
/// Only peers whose keys are known have a place here: a stranger's is looked up first (``TunnelOutput/lookUp(_:)``).
package struct TunnelMachine: Sendable {
  var side: OwnSide
  var peers = PeerTable<PeerSessions>()
  /// Whose frame came last, and its place, until one comes or goes.
  var recent: (node: NodeID, index: Int)?
  var lookups: KeyLookups
  var budget: ExchangeBudget
  /// Peers without a confirmed session, in the order that they have come; others may still stand in it.
  var unconfirmed: [NodeID] = []
  var lookupRate: SourceRateLimit
  var refusalRate: SourceRateLimit
  /// Those with something under way.
  var busy: Set<NodeID> = []
  /// What was dropped of this node's own packets to nodes that have no place.
  var unplaced = UnplacedDrops()
  var busyDue: MonotonicInstant?
  var sweepDue: MonotonicInstant

  /// A node without sessions.
  ///
  /// - Parameters:
  ///   - id: The node.
  ///   - identity: Its key pair, which its key exchanges are signed with.
  ///   - configuration: Bounds and times.
  ///   - random: Where keys and nonces come from: the system's source for a node on a network.
  ///   - now: The time.
  package init(
    id: NodeID, identity: Identity, configuration: TunnelConfiguration = TunnelConfiguration(),
    random: any RandomNumberGenerator & Sendable, at now: MonotonicInstant
  ) {
    side = OwnSide(id, identity, configuration, AnyRandomSource(random))
    lookups = KeyLookups(configuration)
    budget = ExchangeBudget(configuration)
    lookupRate = SourceRateLimit(perSecond: 1, burst: 2, sets: 256)
    refusalRate = SourceRateLimit(perSecond: 1, burst: 1, sets: 256)
    sweepDue = now.advanced(by: configuration.sweepInterval)
  }

  /// When to call ``tick(at:)`` next; nil if only an event makes something due.
  package var deadline: MonotonicInstant? {
    if peers.isEmpty, side.pending.isEmpty, lookups.count == 0 { return nil }
    return busyDue.map { min($0, sweepDue) } ?? sweepDue
  }

  /// The next thing to do; nil if there is none. Each event makes some, up to as many as packets wait.
  package mutating func nextOutput() -> TunnelOutput? { side.takeOutput() }

  /// What seals packets to `node`; nil without a confirmed session.
  package func sealer(for node: NodeID) -> Sealer? { peers[node]?.current?.sealer }

  /// The peers that have a confirmed session.
  package var connectedPeers: [NodeID] { peers.values.filter { $0.current != nil }.map(\.node) }

  /// What has come from a peer and gone to it, since it has a place here; nil for one without.
  ///
  /// What was dropped of this node's own packets before it had one is in it, and is all there is of one that never gets one.
  package func counters(of node: NodeID) -> TunnelCounters? { unplaced.added(to: peers[node]?.allCounters, of: node) }

  /// What has come and gone, of all peers.
  package var counters: TunnelCounters {
    var all = side.counters
    for peer in peers.values {
      for sealer in peer.sealers { all.add(sealer) }
    }
    return all
  }

  /// Counts what is dropped, also at the peer that it names.
  mutating func drop(_ drop: TunnelDrop, of node: NodeID?) -> TunnelDrop {
    if let node, let index = peers.index(of: node) {
      peers[index].count(drop, &side)
    } else {
      side.counters[drop] += 1
      if let node { unplaced.count(drop, of: node) }
    }
    return drop
  }

  /// Gives a peer a place.
  mutating func insert(_ node: NodeID, key: PublicKey?, at now: MonotonicInstant) -> Bool {
    guard let own = side.newKey() else { return false }
    makeRoom()
    recent = nil
    peers[node] = PeerSessions(node, key: key, own: own, at: now)
    unconfirmed.append(node)
    return true
  }

  /// The one that gives way is one that frames alone have brought here, which anybody could have sent.
  private mutating func makeRoom() {
    unconfirmed.removeAll { peers[$0].map { $0.current != nil } ?? true }
    guard unconfirmed.count >= side.configuration.unconfirmedLimit else { return }
    let place = unconfirmed.firstIndex { peers[$0]?.isDispensable(side) ?? true } ?? 0
    remove(unconfirmed.remove(at: place), because: nil)
  }

  /// Ends all sessions with a peer. Their keys leave memory.
  mutating func remove(_ node: NodeID, because reason: SessionEnd?) {
    guard var peer = peers.remove(node) else { return }
    recent = nil
    for sealer in peer.sealers { peer.count(sealer, &side) }
    busy.remove(node)
    guard peer.current != nil else { return }
    side.confirmedPeers -= 1
    if let reason { side.put(.ended(node, reason)) }
  }

  /// Tells that a peer gets no session, once a second.
  mutating func refuse(_ node: NodeID, _ reason: RefusalReason, at now: MonotonicInstant) {
    if refusalRate.admits(node.tableHash, at: now.nanoseconds) { side.put(.refused(node, reason)) }
  }

  /// Something may be under way with a peer.
  mutating func note(_ node: NodeID) {
    guard let due = peers[node]?.due else { return }
    busy.insert(node)
    busyDue = busyDue.map { min($0, due) } ?? due
  }
}

extension NodeID {
  /// A hash for tables of a fixed size, by the library's function, whose key is another one in each process.
  var tableHash: UInt64 { UInt64(bitPattern: Int64(hashValue)) }
}
