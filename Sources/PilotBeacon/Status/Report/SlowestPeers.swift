import PilotWSS

/// The few peers that are furthest behind, of any number that are looked at.
struct SlowestPeers: Sendable {
  /// One of them, at the moment of the look.
  struct Peer: Sendable {
    let connection: WSSConnection
    let waitingBytes: Int
    let dropped: UInt64
  }

  private static let limit = 10

  /// Furthest behind first.
  private(set) var peers: [Peer] = []

  /// Takes a peer among them, if it belongs there.
  mutating func consider(_ connection: WSSConnection, waitingBytes: Int, _ counts: OutboundQueue.Counts) {
    let dropped = counts.expired &+ counts.overflowed &+ counts.overTotal
    guard waitingBytes > 0 || dropped > 0 else { return }
    let peer = Peer(connection: connection, waitingBytes: waitingBytes, dropped: dropped)
    if peers.count == Self.limit, let last = peers.last, !peer.isBehind(last) { return }
    let place = peers.firstIndex { peer.isBehind($0) } ?? peers.endIndex
    peers.insert(peer, at: place)
    if peers.count > Self.limit { peers.removeLast() }
  }
}

extension SlowestPeers.Peer {
  fileprivate func isBehind(_ other: Self) -> Bool {
    (waitingBytes, dropped) > (other.waitingBytes, other.dropped)
  }
}
