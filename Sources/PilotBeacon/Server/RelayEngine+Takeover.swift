import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// What the engine gives to the beacon after it, and takes from the one before.
extension RelayEngine {
  // MARK: Giving

  /// Begins to note what changes in the table of nodes.
  func beginHandover() { state.withLock { $0.router.beginHandover() } }

  /// Ends that.
  func endHandover() { state.withLock { $0.router.endHandover() } }

  /// Of how many parts the table is, each held for as long as its nodes are looked at.
  var handoverParts: Int { state.withLock { $0.router.handoverParts } }

  /// What is known of the nodes of one part.
  func handed(part: Int, at now: MonotonicInstant) -> [HandedNode] {
    var nodes: [HandedNode] = []
    nodes.reserveCapacity(2_048)
    state.withLock { $0.router.handOver(part: part, at: now.nanoseconds) { nodes.append($0) } }
    return nodes
  }

  /// What has changed since the last call; nil if that is too much to tell.
  func takeChanges(at now: MonotonicInstant) -> [HandedNode]? {
    state.withLock { $0.router.takeChanges(at: now.nanoseconds) }
  }

  /// Who is connected here now.
  var currentPeers: [(connection: UInt64, peer: PeerLinkMessage.Peer)] { state.withLock { $0.currentPeers } }

  /// From now on the beacon at the other end of this link decides about all frames of the peers that are connected here.
  ///
  /// - Parameter told: Connections that it has been told of before. Those that are gone by now, and those that have come, it
  ///   hears of first.
  func handOver(to link: PeerLink, told: [UInt64]) {
    state.withLock { state in
      var gone = Set(told)
      for (connection, peer) in state.currentPeers {
        gone.remove(connection)
        let bytes = peer.encoded
        link.put(.attached, of: connection, bytes.span.raw)
      }
      for connection in gone { link.put(.detached, of: connection, RawSpan()) }
      state.successor = link
    }
  }

  /// The beacon that has taken over from this one.
  var successor: PeerLink? { state.withLock { $0.successor } }

  // MARK: Taking

  /// Takes in what the beacon before has known. If that is more than there is room for, those that have proven who they are stay,
  /// then those that are listed, then those that were heard last.
  ///
  /// - Parameter keys: This beacon's: what a node has proven there with another key, it hasn't proven.
  /// - Returns: How many were registered, and how many nodes this beacon doesn't take.
  func adopt(
    _ nodes: some Collection<HandedNode>, keys: any KeyDirectory, at now: MonotonicInstant
  ) -> (taken: Int, leftOut: Int) {
    var (taken, leftOut) = (0, 0)
    let judged = nodes.map { ($0, isOtherKey: $0.hasOtherKey(than: keys)) }
    state.withLock { state in
      for (node, isOtherKey) in judged {
        let isTaken = state.router.adopt(node, isOtherKey: isOtherKey, at: now.nanoseconds)
        guard case .registered = node else { continue }
        if isTaken { taken += 1 } else { leftOut += 1 }
      }
    }
    return (taken, leftOut)
  }

  /// Nothing more is taken in.
  ///
  /// - Returns: How many of those that ``adopt(_:keys:at:)`` had taken have lost their room to others.
  func endAdoption() -> Int { state.withLock { $0.router.endAdoption() } }

  /// Forgets all nodes over UDP.
  func forgetAll() { state.withLock { $0.router.forgetAll() } }

  /// The beacon before is at the other end of this link.
  func follow(_ link: PeerLink) { state.withLock { $0.predecessor = link } }

  /// The beacon before, as long as peers may be connected there.
  var predecessor: PeerLink? { state.withLock { $0.predecessor } }

  func forgetPredecessor() {
    state.withLock { state in
      state.predecessor = nil
      state.remotes = [:]
    }
  }

  /// A peer that is connected to the beacon before is attached here.
  func attach(_ peer: PeerLinkMessage.Peer, as id: ConnectionID, _ turn: inout Turn) {
    state.withLock { state in
      state.remotes[id.rawValue] = peer.remote
      state.router.attach(node: peer.node, connection: id, isOwn: peer.isOwn)
      if peer.wantsDestination { state.router.wss.setWantsDestination(true, for: peer.node) }
      state.router.drain(into: &turn)
    }
  }

  /// Its connection there takes nothing more.
  func detachAtPredecessor(_ id: ConnectionID, of node: NodeID, at now: MonotonicInstant) {
    state.withLock { state in
      state.remotes[id.rawValue] = nil
      _ = state.router.detach(node: node, connection: id, at: now)
    }
  }

  /// Where a node is connected now, here or at the beacon before.
  func currentConnection(of node: NodeID) -> ConnectionID? {
    state.withLock { $0.router.wss.peer(node).map { ConnectionID(rawValue: $0.connection) } }
  }

  /// The TCP connection's other end, of a connection here or at the beacon before.
  func remote(of id: ConnectionID) -> Endpoint? {
    state.withLock { $0.connections[id.rawValue]?.remote ?? $0.remotes[id.rawValue] }
  }

  /// Gives a frame, in two parts, to the beacon before, for a peer that is connected there.
  ///
  /// - Returns: Whether there is such a beacon; what it doesn't take, the link counts.
  func pass(_ header: RawSpan, _ payload: RawSpan, from sender: UInt32, to id: ConnectionID) -> Bool {
    guard let number = id.numberAtPredecessor, let predecessor else { return false }
    var writer = ByteWriter()
    writer.append(sender)
    let bytes = writer.bytes
    predecessor.put(.deliver, of: number, bytes.span.raw, header, payload)
    return true
  }

  /// Has a connection closed whose node has a newer one, here or at the beacon before.
  func replace(_ id: ConnectionID) {
    if let connection = connection(id) { return connection.close(.normal, reason: "replaced") }
    guard let number = id.numberAtPredecessor else { return }
    predecessor?.put(.replaced, of: number, RawSpan())
  }
}

extension HandedNode {
  /// Whether what its node has proven there isn't proven here: with another key than the one that is known here, or where it is
  /// known that there is no such node. If no answer is at hand, it may be.
  func hasOtherKey(than keys: any KeyDirectory) -> Bool {
    guard case .registered(let record) = self else { return false }
    return switch keys.answerAtHand(for: record.node) {
    case .unknown?: true
    case .key(let key)?: record.key != 0 && key.firstBytes != record.key
    case nil: false
    }
  }
}

extension PublicKey {
  /// The first bytes as a number: enough to tell two keys of one node apart, and nothing secret.
  var firstBytes: UInt64 { withBytes { $0.bigEndian(at: 0, as: UInt64.self) } }
}

extension RelayEngine.State {
  /// Whose frame it is that has come over a connection of the beacon before: if its node has come over meanwhile, that one has sent
  /// it, since both connections have been proven to be its.
  func current(_ origin: FrameOrigin) -> FrameOrigin {
    guard case .wss(let id, let node) = origin, id.numberAtPredecessor != nil, let peer = router.wss.peer(node) else {
      return origin
    }
    return .wss(ConnectionID(rawValue: peer.connection), node)
  }

  /// Each node's current connection.
  fileprivate var currentPeers: [(connection: UInt64, peer: PeerLinkMessage.Peer)] {
    connections.values.compactMap { connection in
      guard let peer = router.wss.peer(connection.node), peer.connection == connection.id else { return nil }
      return (
        connection.id,
        PeerLinkMessage.Peer(
          node: connection.node, isOwn: connection.isOwn, wantsDestination: peer.wantsDestination,
          remote: connection.remote)
      )
    }
  }
}
