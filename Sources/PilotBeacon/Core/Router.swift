package import PilotTransport
package import PilotWire

/// Decides what becomes of each frame that reaches a beacon: who is registered where, what is relayed to whom, and what
/// isn't believed.
///
/// It has no clock, socket or random source: the same frames at the same instants with the same seed give the same
/// actions and outputs. Not synchronised: one thread at a time. Per relayed frame it makes two or three lookups and no
/// allocation.
///
/// What becomes of a Relay ``on(_:from:at:)`` returns. All else that a call leads to is in ``nextOutput()`` and
/// ``nextJob()``, any number of things, which the driver takes before it makes way for another thread.
///
/// Where a node is, and who says so:
///
/// * **WSS** (authenticated): the newest connection wins, and a node attached there is found there, nowhere else. One that has
///   proven to be over UDP as well may speak from both, and is found there once the connection ends.
/// * **UDP, proven** (it signed a challenge at that address): stands until it runs out or proves to be elsewhere.
/// * **UDP, unproven** (all that deployed nodes can do): the first one stands as long as it answers. Who claims to be the node
///   from elsewhere, if only from another port, has the old endpoint asked: three times within three seconds, with what
///   deployed nodes answer. Any sign of life refuses the claim; silence moves the node, and so does a report of ICMP
///   that quotes the probe. A node that was moved by mistake goes back at its next Discover.
///
///   A beacon that doesn't know its own public address can't ask. There the node goes to another port of its address at
///   once, but not twice within half a minute, and elsewhere when the old endpoint has been silent for too long for a node.
///
/// Each source (``SourceKey``) gets its share of everything: frames and bytes relayed, unproven registrations, what it is
/// sent unasked. An endpoint is sent little of what others write to it before it has answered.
///
/// Time is told by ``tick(at:)``.
package struct Router: ~Copyable, Sendable {
  let bounds: RouterBounds
  var nodes: NodeTable
  var wss: WSSTable
  var claims: PendingClaims
  var formers: FormerEndpoints
  var greetings: Greetings
  var departures: Departures
  var goneNotices: GoneNotices
  var provenNodes: ProvenNodes
  var neighbours: NeighbourLists
  var remotes: RemoteNodes
  /// The first of the numbers under which this beacon tells its neighbours of its nodes.
  let ownBeaconID: UInt32?
  let listing: any NodeListing
  var questionAddress: QuestionAddress
  /// Whether it has been told that a node can't be asked.
  var hasNotedUnaskable = false
  var incidents = RouterIncidents()
  var spentTokens = SpentTokens()
  var limits: RouterLimits
  var unansweredCredit: SourceRateLimit
  var buckets: SourceBuckets
  var knownPace: RelayPace
  var relayRate: Int
  var talkers: Talkers
  var topSources: TopSources
  let sourceHash: KeyedHash
  var counters = RouterStatistics()
  private var outputs = RouterOutputs()
  private var jobs: [RouterJob] = []

  /// A router that knows nobody.
  ///
  /// - Parameters:
  ///   - configuration: its bounds.
  ///   - seed: unpredictable to the outside (from the system's generator), or IDs can be chosen to slow it down.
  ///   - listing: which nodes' keys are known.
  ///   - own: where this beacon is reached.
  package init(
    _ configuration: RouterConfiguration = RouterConfiguration(), seed: UInt64,
    listing: any NodeListing = EmptyNodeListing(), own: any OwnAddresses = NoOwnAddresses()
  ) {
    bounds = RouterBounds(configuration)
    self.listing = listing
    nodes = NodeTable(bounds, seed: seed)
    buckets = SourceBuckets(perSecond: configuration.relayRate, seed: seed ^ 7)
    relayRate = configuration.relayRate
    knownPace = .ofKnown(perSecond: relayRate)
    unansweredCredit = SourceRateLimit(
      interval: RouterBounds.creditChunkInterval, burst: RouterBounds.creditChunks, sets: 4_096)
    wss = WSSTable(seed: seed ^ 1, tellsChanges: bounds.isInCluster)
    claims = PendingClaims(seed: seed ^ 2, interval: bounds.probeInterval, holdDown: bounds.refusedClaimHoldDown)
    formers = FormerEndpoints(seed: seed ^ 4)
    greetings = Greetings(seed: seed ^ 5)
    departures = Departures(seed: seed ^ 8)
    goneNotices = GoneNotices(seed: seed ^ 9)
    provenNodes = ProvenNodes(capacity: bounds.nodeCapacity, seed: seed ^ 6)
    neighbours = NeighbourLists(capacity: configuration.neighbourNodeCapacity, seed: seed ^ 10)
    remotes = RemoteNodes(expectedCount: configuration.clusterNodeCapacity, seed: seed ^ 11)
    ownBeaconID = configuration.beaconID
    questionAddress = QuestionAddress(advertised: configuration.advertised, own: own)
    sourceHash = KeyedHash(seed: seed ^ 3)
    topSources = TopSources(hash: sourceHash)
    talkers = Talkers(hash: sourceHash)
    limits = RouterLimits(configuration)
  }

  /// Totals, and how much it holds now.
  package var statistics: RouterStatistics {
    var snapshot = counters
    snapshot.nodes = nodes.count
    snapshot.wssPeers = wss.count
    snapshot.neighbourNodes = neighbours.count
    snapshot.clusterNodes = remotes.count
    return snapshot
  }

  /// A frame has come.
  ///
  /// Frames for one destination leave in the order of the calls, if the driver performs the actions in that order.
  /// Afterwards there may be outputs.
  ///
  /// - Parameters:
  ///   - frame: one whole datagram or binary message.
  ///   - origin: where it came from.
  ///   - now: not before the instants of earlier calls, give or take what threads need to take turns.
  package mutating func on(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> RouterAction {
    counters.frames &+= 1
    switch origin {
    case .udp(let source, _):
      guard source.port != 0 else { return drop(.sourcePortZero) }
    case .wss(let connection, let node):
      guard wss.isCurrent(connection, of: node) else { return drop(.staleConnection) }
    }
    guard !frame.isEmpty else { return drop(.empty) }
    let type = frame.byte(at: 0)
    switch BeaconMessageType(rawValue: type) {
    case .relay:
      return relay(frame, from: origin, at: now.nanoseconds)
    case .discover, .discoverEx:
      return discover(frame, from: origin, at: now)
    case .discoverProof:
      return proof(frame, from: origin, at: now)
    case .discoverReply, .punchCommand, .relayDeliver, .relayDeliverDest, .notify, .discoverChallenge, .gone, .drain:
      return drop(.beaconOnlyType)
    case .punchRequest:
      return punch(frame, from: origin, at: now)
    case .sync:
      return sync(frame, from: origin, at: now.nanoseconds)
    case .clusterRelay:
      return drop(.notABeacon)
    case nil:
      guard FrameFamily(of: frame) == .tunnel else { return drop(.unknownType) }
      return sign(frame, from: origin, at: now.nanoseconds)
    }
  }

  /// A frame has come whose address may not speak, as the driver's rules say.
  package mutating func deny() -> RouterAction {
    counters.frames &+= 1
    return drop(.denied)
  }

  /// A frame has come from a source that has had its share at this very instant.
  package mutating func limit(_ source: Endpoint) -> RouterAction {
    counters.frames &+= 1
    return drop(.rateLimited, of: SourceKey(source))
  }

  /// Removes registrations that have run out, which nothing is delivered to any more in any case, and those whose address may
  /// not speak any more.
  ///
  /// - Parameters:
  ///   - now: the present.
  ///   - rules: Who may speak over UDP; nil for everybody.
  ///   - limit: how many slots to look at, the bound of the work: the walk goes on with the next call. A full default table
  ///     has about 900,000 slots. What gives back memory counts twice.
  /// - Returns: how many were removed.
  @discardableResult
  package mutating func expire(
    at now: MonotonicInstant, admitting rules: AddressRules? = nil, limit: Int
  ) -> Int {
    let (expired, denied) = nodes.expire(at: now.nanoseconds, admitting: rules, limit: limit)
    if !neighbours.isEmpty { neighbours.sweep(at: now.nanoseconds, limit: limit) }
    if remotes.hasMemory { remotes.trim(limit: limit) }
    counters.expirations &+= UInt64(expired)
    counters.expulsions &+= UInt64(denied)
    return expired + denied
  }

  /// Slots of its table that it has given back to the allocator, since it was made: 60 bytes each.
  package var slotsGivenBack: Int { nodes.map.slotsGivenBack }

  /// What has happened since the last call that an operator may want to look into: the first of each kind, with the number
  /// of those that followed.
  package mutating func takeIncidents() -> [RouterIncident] { incidents.take() }

  /// Which sources the most was dropped of since the last call, because each gets no more than its share; nil if nothing was.
  ///
  /// - Parameter limit: How many sources are told at most.
  package mutating func takeTopSources(_ limit: Int) -> SourceDrops? { topSources.take(limit) }

  /// Counts and notes that a registration moves.
  mutating func note(_ cause: MoveCause, of node: NodeID, from old: Endpoint, to new: Endpoint) {
    counters.moves.count(cause)
    incidents.note(RouterIncident(.moved(cause), node, from: old, to: new))
  }

  /// The next thing that is to be done for the router; nil if there is nothing more.
  package mutating func nextOutput() -> RouterOutput? { outputs.next() }

  /// The next thing that is to be looked at for the router with a secret or a key; nil if there is nothing more.
  package mutating func nextJob() -> RouterJob? { jobs.isEmpty ? nil : jobs.removeFirst() }

  mutating func put(_ job: RouterJob) {
    guard jobs.count < RouterOutputs.capacity else { return counters.outputsDropped &+= 1 }
    jobs.append(job)
  }

  mutating func put(_ output: RouterOutput) {
    if !outputs.append(output) { counters.outputsDropped &+= 1 }
  }

  mutating func drop(_ reason: RouterDropReason) -> RouterAction {
    counters.drops.count(reason)
    return .drop(reason)
  }

  /// Drops a frame because its source has had its share.
  mutating func drop(_ reason: RouterDropReason, of source: SourceKey) -> RouterAction {
    topSources.count(source)
    return drop(reason)
  }
}
