import PilotTransport
import PilotWire

/// The peers that are still connected to the old beacon, as the new one sees them: each attached here as those of its own are, with
/// numbers that none of its own has. Confined to the link's event loop.
final class PeersAtPredecessor: PeerLink.Reader {
  /// As many as the old one could have open.
  private static let limit = 1 << 20

  private let engine: RelayEngine
  private let relay: FrameRelay
  /// Whose which connection there is, or was: what a node has sent before it left, and what was to be delivered to it, can come behind.
  private var nodes: [UInt64: NodeID] = [:]

  /// - Parameter peers: Those that are known before the first message comes.
  init(engine: RelayEngine, relay: FrameRelay, _ peers: [(connection: UInt64, peer: PeerLinkMessage.Peer)]) {
    (self.engine, self.relay) = (engine, relay)
    for (connection, peer) in peers.prefix(Self.limit) { attach(peer, connection) }
    relay.flush()
  }

  private func attach(_ peer: PeerLinkMessage.Peer, _ connection: UInt64) {
    nodes[connection] = peer.node
    relay.attach(peer, as: ConnectionID(atPredecessor: connection), at: .now())
  }

  func received(_ kind: PeerLinkMessage.Kind, of connection: UInt64, _ rest: RawSpan) throws(HandoverError) {
    guard connection < ConnectionID.firstAtPredecessor else { throw .message }
    let id = ConnectionID(atPredecessor: connection)
    switch kind {
    case .attached:
      let peer = try PeerLinkMessage.Peer(parsing: rest)
      // Told once more: its node may have a newer connection by now.
      if let known = nodes[connection], known == peer.node { return }
      guard nodes[connection] == nil, nodes.count < Self.limit else { throw .message }
      attach(peer, connection)
    case .detached:
      // One that had been replaced when it all went over isn't known.
      guard let node = nodes[connection] else { return }
      engine.detachAtPredecessor(id, of: node, at: .now())
    case .received:
      guard let node = nodes[connection] else { return relay.totals.connectionGone() }
      relay.relay(rest, from: .wss(id, node), at: .now())
    case .undelivered:
      guard rest.byteCount >= 4 else { throw .truncated }
      let (sender, frame) = (rest.bigEndian(at: 0, as: UInt32.self), rest.extracting(droppingFirst: 4))
      guard let node = nodes[connection], let current = engine.currentConnection(of: node), current != id,
        relay.enqueue(
          header: frame, payload: RawSpan(), from: sender, on: engine.connection(current), current, at: .now())
      else { return relay.totals.connectionGone() }
    case .deliver, .replaced: throw .message
    }
  }

  func drained() { relay.flush() }

  func ended() {
    for (connection, node) in nodes {
      engine.detachAtPredecessor(ConnectionID(atPredecessor: connection), of: node, at: .now())
    }
    nodes = [:]
    engine.forgetPredecessor()
  }
}
