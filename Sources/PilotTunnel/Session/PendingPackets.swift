internal import PilotTransport
internal import PilotWire

/// Packets that wait for a session. Bounded for each peer, in peers and in bytes: what is too much is the newest (wire
/// reference, section 4).
struct PendingPackets: Sendable {
  struct Entry: Sendable {
    let header: PacketHeader
    let payload: [UInt8]
    let since: MonotonicInstant
    /// Which sessions it has been sealed under already, before any was confirmed: under none of them again, which would be a second
    /// frame to whoever has got the first.
    var sealedUnder: [SessionName] = []
  }

  private let perPeer: Int
  private let peerLimit: Int
  private let byteLimit: Int
  private let life: Duration
  private var queues: [NodeID: [Entry]] = [:]
  private var bytes = 0

  init(_ configuration: TunnelConfiguration) {
    perPeer = configuration.pendingPerPeer
    peerLimit = configuration.pendingPeers
    byteLimit = configuration.pendingBytes
    life = configuration.pendingLife
  }

  /// Whether any packets wait.
  var isEmpty: Bool { queues.isEmpty }

  /// Whether any wait for `node`.
  func isAwaiting(_ node: NodeID) -> Bool { queues[node] != nil }

  /// Another packet. Whether there was room for it.
  mutating func append(
    _ header: PacketHeader, _ payload: RawSpan, to node: NodeID, at now: MonotonicInstant
  ) -> Bool {
    let queue = queues[node]
    guard queue.map({ $0.count < perPeer }) ?? (queues.count < peerLimit), bytes + payload.byteCount <= byteLimit else {
      return false
    }
    bytes += payload.byteCount
    queues[node, default: []].append(Entry(header: header, payload: payload.copied(), since: now))
    return true
  }

  /// How often a packet is sent before a session is confirmed: once under what the peer has offered, and again if both sides have
  /// begun at once. Recorded key exchanges, one after the other, draw no more.
  private static let flushLimit = 2

  /// Those for `node` that may be sent under this session, though it isn't confirmed; they stay, and count as sealed under it.
  mutating func flushing(to node: NodeID, under session: SessionName) -> [Entry] {
    guard let index = queues.index(forKey: node) else { return [] }
    var entries: [Entry] = []
    for place in queues.values[index].indices {
      let entry = queues.values[index][place]
      guard !entry.sealedUnder.contains(session), entry.sealedUnder.count < Self.flushLimit else { continue }
      entries.append(entry)
      queues.values[index][place].sealedUnder.append(session)
    }
    return entries
  }

  /// Those for `node` that haven't been sealed under this session, which is confirmed, oldest first; they stay.
  func sealing(to node: NodeID, under session: SessionName) -> [Entry] {
    queues[node]?.filter { !$0.sealedUnder.contains(session) } ?? []
  }

  /// None wait for `node` any more. How many did.
  @discardableResult
  mutating func remove(_ node: NodeID) -> Int {
    guard let queue = queues.removeValue(forKey: node) else { return 0 }
    bytes -= queue.reduce(0) { $0 + $1.payload.count }
    return queue.count
  }

  /// Time has passed. For whom packets have waited too long, and are gone: once for each.
  mutating func expire(at now: MonotonicInstant) -> [NodeID] {
    var expired: [NodeID] = []
    for (node, queue) in queues {
      let old = queue.prefix { $0.since.duration(to: now) >= life }
      guard !old.isEmpty else { continue }
      // Also those that were sent under a candidate: nothing of the peer's has opened, so nothing shows that it could open them.
      expired += Array(repeating: node, count: old.count)
      bytes -= old.reduce(0) { $0 + $1.payload.count }
      queues[node] = old.count == queue.count ? nil : Array(queue.dropFirst(old.count))
    }
    return expired
  }
}
