import Logging
import PilotTransport
import PilotWSS
import PilotWire

/// Performs what a ``PeerDrain`` decides, and tells the nodes over UDP that have proven themselves: each once, some at each turn.
/// Confined to one task.
struct BeaconDrain {
  /// Shards of the table of nodes at each turn, of about 2,000 nodes each, at least: 500,000 nodes are told within half a second.
  private static let shardsPerTurn = 64

  private let parts: BeaconServer.Parts
  private let relay: FrameRelay
  private var peers: PeerDrain?
  private var nodes: NodeDrain?
  private var nextShard = 0

  init(_ parts: BeaconServer.Parts) {
    self.parts = parts
    relay = parts.makeRelay(over: parts.udp.all[0])
  }

  /// What is set can't change any more.
  private var settings: BeaconServer.Configuration.Drain { parts.drain.begin() }

  /// One turn.
  /// - Returns: Whether anybody is left for whom the beacon stays.
  mutating func perform(_ turn: DrainTurn) -> Bool {
    // Whom another beacon has taken over from has no need of a grace, and nothing to tell nodes that are that one's.
    let isTakenOver = parts.engine.successor != nil
    let begin = turn.start.advanced(by: isTakenOver ? .zero : settings.grace)
    var drain = peers ?? start(turn, at: begin)
    let connections = parts.engine.connections
    let actions = drain.tick(at: turn.now, connections.map { PeerDrain.Peer(id: $0.id, isOwn: $0.isOwn) }) {
      Double.random(in: 0..<1)
    }
    for action in actions { perform(action) }
    peers = drain
    guard turn.now >= begin else { return true }
    let isAlone = connections.isEmpty && parts.listener?.handshakes ?? 0 == 0
    if isTakenOver { return !isAlone }
    var drainOfNodes = nodes ?? NodeDrain(from: begin, to: turn.end)
    defer { nodes = drainOfNodes }
    guard let end = drainOfNodes.tick(at: turn.now, isAlone: isAlone) else { return true }
    if nextShard < parts.engine.shardCount { tellNodes(of: end) }
    if nextShard < parts.engine.shardCount { return true }
    return turn.now < end && (!isAlone || parts.drainTotals.nodesTold > 0)
  }

  private func start(_ turn: DrainTurn, at begin: MonotonicInstant) -> PeerDrain {
    parts.logger.notice(
      "Draining: health is 503, and peers are sent away",
      metadata: [
        "grace": "\(settings.grace)", "window": "\(settings.window)",
        "peers": "\(parts.engine.connections.count)", "place": "\(settings.place.map(\.description) ?? "the same")",
      ])
    if parts.engine.successor == nil { parts.listener?.announceLeave() }
    let back = turn.start.advanced(by: parts.engine.successor == nil ? settings.back : .zero)
    return PeerDrain(PeerDrain.Plan(begin: begin, end: turn.end, back: max(back, begin)))
  }

  private func perform(_ action: PeerDrain.Action) {
    switch action {
    case .refuseNew:
      // Those who come by now are the successor's; who has come just before is admitted, and told at once.
      if parts.engine.successor == nil { parts.listener?.refuseNew() }
    case .tell(let id, let span):
      guard let connection = parts.engine.connection(ConnectionID(rawValue: id)) else { return }
      // Nobody goes to a place that was named over pilot.v1.
      let place = connection.isOwn && parts.engine.successor == nil ? settings.place?.description : nil
      guard let notice = DrainNotice(comeBack: span, place: place) else { return }
      connection.tell(notice.json)
      parts.drainTotals.toldPeer()
    case .close(let id):
      parts.engine.connection(ConnectionID(rawValue: id))?.sendAway()
      parts.drainTotals.closed()
    }
  }

  /// So many that all are told in a quarter of the window, however large the table and short the window are.
  private var shardsPerTurn: Int {
    let turns = max(Int(settings.window / (BeaconShutdown.turnInterval * 4)), 1)
    return max(parts.engine.shardCount / turns + 1, Self.shardsPerTurn)
  }

  /// Over UDP nobody is there before the beacon's sockets are bound again, wherever its peers go: as long after its end as it would
  /// be if the drain took the whole time. From then on nodes come back within as long as the window is.
  private mutating func tellNodes(of end: MonotonicInstant) {
    let absence = max(settings.back - settings.time, .zero)
    let plan = PeerDrain.Plan(
      begin: end.advanced(by: .zero - settings.window), end: end, back: end.advanced(by: absence))
    let span = PeerDrain(plan).span(at: .now())
    for _ in 0..<shardsPerTurn where nextShard < parts.engine.shardCount {
      let nodes = parts.engine.proven(inShard: nextShard, at: .now())
      for node in nodes { relay.tell(Drain(node: node.node, comeBack: span), at: node.endpoint, from: node.local) }
      parts.drainTotals.toldNodes(nodes.count)
      nextShard += 1
    }
    relay.flush()
  }
}

extension BeaconServer.Configuration.Drain {
  /// How long it takes at most; zero leaves it out.
  var time: Duration { window > .zero ? grace + window : .zero }
}
