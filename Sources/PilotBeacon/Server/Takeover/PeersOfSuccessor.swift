import PilotTransport
import PilotWSS
import PilotWire

/// What the new beacon has for the peers that are still connected here. Confined to the link's event loop.
final class PeersOfSuccessor: PeerLink.Reader {
  /// How long a node whose connection was replaced has to leave by itself.
  private static let patience: Duration = .seconds(2)

  private let engine: RelayEngine
  private let totals: RelayTotals
  /// Connections whose event loops have yet to hear of new frames.
  private var waking: [WSSConnection] = []

  init(engine: RelayEngine, totals: RelayTotals) {
    (self.engine, self.totals) = (engine, totals)
  }

  func received(_ kind: PeerLinkMessage.Kind, of connection: UInt64, _ rest: RawSpan) throws(HandoverError) {
    let peer = engine.connection(ConnectionID(rawValue: connection))
    switch kind {
    case .deliver:
      guard rest.byteCount >= 4 else { throw .truncated }
      let sender = rest.bigEndian(at: 0, as: UInt32.self)
      guard let peer,
        let needsFlush = peer.enqueue(
          head: rest.extracting(droppingFirst: 4), body: RawSpan(), from: sender, at: .now())
      else {
        // Its node may be at the new beacon by now. What the link has no room for, it counts.
        guard let successor = engine.successor else { return totals.connectionGone() }
        successor.put(.undelivered, of: connection, rest)
        return
      }
      if needsFlush { waking.append(peer) }
    case .replaced:
      // A node that has come over, as it was told to, leaves by itself, behind what it has sent.
      peer?.retire(.normal, reason: "replaced", after: Self.patience)
    case .attached, .detached, .received, .undelivered: throw .message
    }
  }

  func drained() {
    for connection in waking { connection.flush() }
    waking.removeAll(keepingCapacity: true)
  }

  func ended() { drained() }
}
