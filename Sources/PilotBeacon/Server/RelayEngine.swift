package import PilotIdentity
package import PilotTransport
package import PilotWSS
package import PilotWire
import Synchronization

/// The router and the connections it knows by number, shared by every thread that receives frames.
///
/// The lock covers decisions, about a microsecond; what they lead to is done outside of it.
package final class RelayEngine: Sendable {
  struct State: ~Copyable {
    var router: Router
    var connections: [UInt64: WSSConnection] = [:]
    /// What the router's anticipation gave, which means nothing.
    var anticipated: UInt64 = 0
    /// The beacon that has taken over from this one, and decides about the frames of all connections here.
    var successor: PeerLink?
    /// The beacon that this one has taken over from, as long as peers may be connected there.
    var predecessor: PeerLink?
    /// Where those are.
    var remotes: [UInt64: Endpoint] = [:]
  }

  /// What one hold of the lock has given.
  struct Turn {
    /// For each frame, in order.
    var actions: [RouterAction] = []
    /// For each delivery over WSS among the actions, in order; nil if its connection has just ended.
    var connections: [WSSConnection?] = []
    /// What else is to be done, behind the deliveries.
    var outputs: [RouterOutput] = []
    /// What is to be looked at with a secret or a key, in any order with those.
    var jobs: [RouterJob] = []
  }

  /// How many decisions are made under one lock: enough for its price to vanish, few enough for others not to wait.
  static let decisionsPerTurn = 16

  /// How many nodes may be registered over UDP.
  let nodeCapacity: Int
  let state: Mutex<State>

  /// - Parameters:
  ///   - configuration: The router's bounds.
  ///   - seed: The router's.
  ///   - listing: Tells whose key is known.
  ///   - own: Where this beacon is reached.
  package init(
    _ configuration: RouterConfiguration, seed: UInt64, listing: any NodeListing = EmptyNodeListing(),
    own: any OwnAddresses = NoOwnAddresses()
  ) {
    nodeCapacity = configuration.nodeCapacity
    state = Mutex(State(router: Router(configuration, seed: seed, listing: listing, own: own)))
  }

  package var statistics: RouterStatistics { state.withLock { $0.router.statistics } }

  /// Decides about one frame.
  /// - Returns: The beacon that decides instead; nil if it has been decided.
  func decide(
    _ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant, into turn: inout Turn
  ) -> PeerLink? {
    state.withLock { state in
      if let successor = state.successor { return successor }
      _ = state.decide(frame, from: state.current(origin), at: now, into: &turn)
      return nil
    }
  }

  /// Decides about the next few datagrams, and moves the cursor behind them.
  ///
  /// - Parameters:
  ///   - rules: Who may speak; nil for everybody, which costs nothing.
  ///   - verdicts: What there is to say of those that claim to be passed on by a beacon of the cluster; empty if none does.
  ///   - spent: Who has had his share at this instant, for all turns of it.
  @unsafe
  func decide(
    _ datagrams: LentFrames, from cursor: inout RunCursor, admitting rules: AddressRules?,
    _ verdicts: [ClusterLane.Verdict] = [], _ spent: inout SpentShare, into turn: inout Turn, at now: MonotonicInstant
  ) {
    var (ahead, index) = (cursor, 0)
    state.withLock { state in
      unsafe datagrams.forEachFrame(from: &ahead, limit: Self.decisionsPerTurn) { frame, _ in
        state.anticipated ^= state.router.anticipate(frame)
      }
      unsafe datagrams.forEachFrame(from: &cursor, limit: Self.decisionsPerTurn) { frame, source, local in
        defer { index += 1 }
        if let rules, !rules.admits(source) {
          turn.actions.append(state.router.deny())
        } else if index < verdicts.count, verdicts[index] != .other {
          state.decide(frame, verdicts[index], from: .udp(source, local), at: now, into: &turn)
        } else if spent.covers(frame, from: source) {
          turn.actions.append(state.router.limit(source))
        } else if state.decide(frame, from: .udp(source, local), at: now, into: &turn) {
          spent.note(frame, from: source)
        }
      }
    }
  }

  /// Tells the router what came of an output, or what has happened beside frames.
  ///
  /// - Parameters:
  ///   - turn: Gets what is to be done then.
  ///   - event: Calls the one method of the router that stands for it.
  func tell(_ turn: inout Turn, _ event: (inout Router) -> Void) {
    state.withLock { state in
      event(&state.router)
      state.router.drain(into: &turn)
    }
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
  package func revoke(_ change: KeyChange, by keys: any KeyDirectory) -> [WSSConnection] {
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
  /// - Returns: Whether it takes the place of another connection of its node.
  @discardableResult
  func attach(_ connection: WSSConnection, _ turn: inout Turn) -> Bool {
    state.withLock { state in
      state.connections[connection.id] = connection
      if let successor = state.successor {
        let peer = PeerLinkMessage.Peer(
          node: connection.node, isOwn: connection.isOwn, wantsDestination: false, remote: connection.remote)
        let bytes = peer.encoded
        successor.put(.attached, of: connection.id, bytes.span.raw)
        return false
      }
      let replacements = state.router.counters.replacements
      state.router.attach(
        node: connection.node, connection: ConnectionID(rawValue: connection.id), isOwn: connection.isOwn)
      state.router.drain(into: &turn)
      return state.router.counters.replacements != replacements
    }
  }

  /// How many peers are attached over WebSocket.
  var wssPeers: Int { state.withLock { $0.router.wssPeers } }

  /// A peer's connection takes nothing more: its node is found where else it may be.
  func part(_ connection: WSSConnection, at now: MonotonicInstant) {
    let id = ConnectionID(rawValue: connection.id)
    state.withLock { state in
      state.successor?.put(.detached, of: connection.id, RawSpan())
      _ = state.router.detach(node: connection.node, connection: id, at: now)
    }
  }

  /// A connection, which has parted before, is over, and its counts are kept elsewhere.
  func detach(_ connection: WSSConnection) {
    state.withLock { $0.connections[connection.id] = nil }
  }

  /// Where a frame goes that was to go over a connection, and found it ended; nil if nowhere.
  func detour(of frame: RawSpan, at now: MonotonicInstant) -> RouterAction? {
    state.withLock { $0.router.detour(of: frame, at: now) }
  }

  /// The connection with this number, unless it has ended.
  func connection(_ id: ConnectionID) -> WSSConnection? { state.withLock { $0.connections[id.rawValue] } }

  /// Where a node is registered over UDP, and whether it has proven that; nil if nowhere. For who holds what the beacon does
  /// against what it promises.
  package func whereabouts(of node: NodeID, at now: MonotonicInstant) -> (endpoint: Endpoint, isProven: Bool)? {
    state.withLock { $0.router.nodes.live(node, at: now.nanoseconds).map { ($0.endpoint, $0.isProven) } }
  }

  /// Where this beacon is reached, by what nodes know of it: what is asked from now on names that.
  func advertise(_ addresses: [Endpoint]) { state.withLock { $0.router.questionAddress.advertise(addresses) } }

  /// Where the other beacons are, by their numbers; nil for one whose name leads nowhere.
  func placeNeighbours(_ endpoints: [Endpoint?]) { state.withLock { $0.router.placeNeighbours(endpoints) } }

  /// Where this beacon's lists are to be sent to.
  var neighbourEndpoints: [Endpoint] { state.withLock { $0.router.neighbours.endpoints } }

  /// Which of the other beacons have been heard of late, by their numbers; none before they have been placed.
  func heardNeighbours(at now: MonotonicInstant) -> [Bool] {
    state.withLock { $0.router.neighbours.heard(at: now.nanoseconds) }
  }

  /// Which nodes have come here, gone, or proven who they are since the last call, and whether those are all.
  func takeAttachmentChanges() -> (nodes: [UInt32], isComplete: Bool) {
    state.withLock { $0.router.takeAttachmentChanges() }
  }

  /// In so many parts ``nodes(inPart:)`` tells all nodes.
  var attachedParts: Int { state.withLock { $0.router.attachedParts } }

  /// About 2,000 nodes at most.
  func nodes(inPart part: Int) -> [NodeID] {
    state.withLock { state in
      var nodes: [NodeID] = []
      state.router.forEachNode(inPart: part) { nodes.append($0) }
      return nodes
    }
  }

  /// Whether each of these nodes has authenticated here; nil for one that the others needn't know of.
  func attachments(of nodes: some Collection<NodeID>, at now: MonotonicInstant) -> [Bool?] {
    state.withLock { state in nodes.map { state.router.attachment(of: $0, at: now) } }
  }

  /// Nodes have come to other beacons of the cluster, or have gone from there.
  func placeRemotes(_ changes: some Collection<RemoteChange>) {
    var rest = changes[...]
    while !rest.isEmpty {
      state.withLock { $0.router.placeRemotes(rest.prefix(500)) }
      rest = rest.dropFirst(500)
    }
  }

  /// Nodes that have come here or gone.
  var attachmentChanges: UInt64 { state.withLock { $0.router.attachmentChanges } }

  /// The nodes that are attached here, looked for in many short holds of the lock.
  func attached(at now: MonotonicInstant) -> [NodeID] {
    var nodes: [NodeID] = []
    for part in 0..<attachedParts {
      state.withLock { $0.router.forEachAttached(inPart: part, at: now) { nodes.append($0) } }
    }
    return nodes
  }

  /// Of how many parts the table of nodes is, each held for as long as its nodes are looked at.
  var shardCount: Int { state.withLock { $0.router.nodes.map.shardCount } }

  /// The nodes of one part that have proven to be over UDP, and where.
  func proven(inShard shard: Int, at now: MonotonicInstant) -> [ProvenNode] {
    var nodes: [ProvenNode] = []
    nodes.reserveCapacity(2_048)
    state.withLock { state in
      state.router.nodes.map.forEach(inShard: shard) { key, registration in
        guard registration.isProven, registration.isLive(at: now.nanoseconds), let node = NodeID(key) else { return }
        nodes.append(ProvenNode(node: node, endpoint: registration.endpoint, local: registration.local))
      }
    }
    return nodes
  }

  /// What has happened since the last call that an operator may want to look into.
  func takeIncidents() -> [RouterIncident] { state.withLock { $0.router.takeIncidents() } }

  /// Puts the limits of another configuration into force.
  func adoptLimits(of configuration: RouterConfiguration) {
    state.withLock { $0.router.adoptLimits(of: configuration) }
  }

  /// Which nodes the most was relayed for since the last call: 32 at most.
  func takeTalkers() -> [Talker] { state.withLock { $0.router.talkers.take() } }

  /// Which sources the most was dropped of since the last call, because each gets no more than its share.
  func takeTopSources(_ limit: Int) -> SourceDrops? { state.withLock { $0.router.takeTopSources(limit) } }

  /// The connections at the moment, in no particular order.
  var connections: [WSSConnection] { state.withLock { Array($0.connections.values) } }

  /// Removes what has run out, or what these rules don't admit, looking at `limit` slots at most.
  ///
  /// - Returns: The slots given back to the allocator so far.
  @discardableResult
  package func expire(at now: MonotonicInstant, admitting rules: AddressRules? = nil, limit: Int) -> Int {
    state.withLock { state in
      state.router.expire(at: now, admitting: rules, limit: limit)
      return state.router.slotsGivenBack
    }
  }
}

/// A node that has proven where it is over UDP.
struct ProvenNode: Sendable, BitwiseCopyable {
  let node: NodeID
  let endpoint: Endpoint
  /// Which of this machine's addresses it writes to.
  let local: LocalAddress
}

extension RelayEngine.State {
  /// - Returns: Whether the source has had its share.
  fileprivate mutating func decide(
    _ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant, into turn: inout RelayEngine.Turn
  ) -> Bool {
    take(router.on(frame, from: origin, at: now), into: &turn)
  }

  /// Decides about what claims to be passed on by another beacon.
  fileprivate mutating func decide(
    _ frame: RawSpan, _ verdict: ClusterLane.Verdict, from origin: FrameOrigin, at now: MonotonicInstant,
    into turn: inout RelayEngine.Turn
  ) {
    switch verdict {
    case .other: break
    case .passed(let beaconID):
      let relay = frame.extracting(droppingFirst: ClusterRelay.headerLength)
      _ = take(router.passed(relay, by: beaconID, from: origin, at: now), into: &turn)
    case .refused(let reason):
      _ = take(router.refuse(reason, from: origin), into: &turn)
    }
  }

  private mutating func take(_ action: RouterAction, into turn: inout RelayEngine.Turn) -> Bool {
    turn.actions.append(action)
    switch action {
    case .deliver(.wss(let id), _): turn.connections.append(connections[id.rawValue])
    case .deliver(.udp, _), .passOn: break
    case .drop(.rateLimited): return true
    case .taken, .drop: router.drain(into: &turn)
    }
    return false
  }
}

extension Router {
  mutating func drain(into turn: inout RelayEngine.Turn) {
    while let output = nextOutput() { turn.outputs.append(output) }
    while let job = nextJob() { turn.jobs.append(job) }
  }
}
