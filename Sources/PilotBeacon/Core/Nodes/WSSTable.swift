internal import PilotWire

/// The nodes attached over WSS, each with its newest connection.
///
/// As many as the server accepts connections: every entry stands for one that is open and authenticated.
struct WSSTable: ~Copyable, Sendable {
  struct Peer: Equatable, Sendable, BitwiseCopyable {
    let connection: UInt64
    /// Whether it speaks `pilot.v2`.
    let isOwn: Bool
    var wantsDestination = false
    /// When all that it has had relayed will have taken its time.
    var paidUntil: UInt64 = 0
  }

  private var map: NodeMap<Peer>
  /// Which nodes have come or gone.
  var changes: AttachmentChanges

  /// - Parameter tellsChanges: Whether anybody takes the changes.
  init(seed: UInt64, tellsChanges: Bool = false) {
    changes = AttachmentChanges(isKept: tellsChanges)
    map = NodeMap(expectedCount: 1 << 15, seed: seed)
  }

  var count: Int { map.count }

  /// All of them, in no particular order.
  var nodes: [NodeID] {
    var cursor = NodeMap<Peer>.Cursor()
    var budget = Int.max
    return (0..<map.count).compactMap { _ in
      map.next(&cursor, budget: &budget).flatMap { NodeID(map.key(at: $0)) }
    }
  }

  /// In so many parts ``forEach(inPart:_:)`` walks it.
  var partCount: Int { map.shardCount }

  /// All nodes of one part.
  func forEach(inPart part: Int, _ body: (NodeID) -> Void) {
    map.forEach(inShard: part) { key, _ in NodeID(key).map(body) }
  }

  func peer(_ node: NodeID) -> Peer? {
    guard map.count > 0, let position = map.find(node.rawValue) else { return nil }
    return map[position]
  }

  /// Whether `connection` is the node's current one.
  func isCurrent(_ connection: ConnectionID, of node: NodeID) -> Bool {
    peer(node)?.connection == connection.rawValue
  }

  /// Whether a frame of so many bytes may be relayed for a peer.
  mutating func admits(_ bytes: Int, from node: NodeID, _ pace: RelayPace, at now: UInt64) -> Bool {
    guard !pace.isUnlimited, let position = map.find(node.rawValue) else { return true }
    return pace.admits(bytes, &map[position].paidUntil, at: now)
  }

  /// Makes `connection` the node's current one, and returns the one that was.
  mutating func attach(_ node: NodeID, _ connection: ConnectionID, isOwn: Bool) -> ConnectionID? {
    guard let position = map.find(node.rawValue) else {
      map.insert(node.rawValue, Peer(connection: connection.rawValue, isOwn: isOwn))
      changes.note(node.rawValue)
      return nil
    }
    let previous = map[position].connection
    guard previous != connection.rawValue else { return nil }
    // What the node has had relayed counts on: another connection buys nothing.
    map[position] = Peer(connection: connection.rawValue, isOwn: isOwn, paidUntil: map[position].paidUntil)
    return ConnectionID(rawValue: previous)
  }

  /// Removes the node if `connection` is its current one. Returns whether it was.
  mutating func detach(_ node: NodeID, _ connection: ConnectionID) -> Bool {
    guard let position = map.find(node.rawValue), map[position].connection == connection.rawValue else { return false }
    map.remove(at: position)
    changes.note(node.rawValue)
    return true
  }

  mutating func setWantsDestination(_ wantsDestination: Bool, for node: NodeID) {
    guard let position = map.find(node.rawValue) else { return }
    map[position].wantsDestination = wantsDestination
  }
}
