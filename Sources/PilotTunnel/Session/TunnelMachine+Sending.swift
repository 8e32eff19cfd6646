package import PilotTransport
package import PilotWire

extension TunnelMachine {
  /// A packet is to be sent. Without a session it waits, and one is made.
  ///
  /// - Parameters:
  ///   - header: Its header, with this node as its source.
  ///   - payload: Its payload, which is copied if it waits.
  ///   - node: The peer.
  ///   - now: The time.
  package mutating func send(
    _ header: PacketHeader, _ payload: RawSpan, to node: NodeID, at now: MonotonicInstant
  ) -> SendResult {
    if let sealer = sealer(for: node) { return .session(sealer) }
    guard node != side.id, payload.byteCount <= Packet.maximumPayloadLength else {
      return .dropped(drop(.notSealed, of: nil))
    }
    let isQueued = side.pending.append(header, payload, to: node, at: now)
    guard connect(to: node, at: now) else {
      for _ in 0..<side.pending.remove(node) { _ = drop(.refused, of: node) }
      return isQueued ? .dropped(.refused) : .dropped(drop(.pendingFull, of: node))
    }
    if let index = peers.index(of: node) { peers[index].flushPending(&side) }
    return isQueued ? .queued : .dropped(drop(.pendingFull, of: node))
  }

  /// A session is wanted, though there is nothing to be sent yet.
  ///
  /// - Parameters:
  ///   - node: The peer.
  ///   - now: The time.
  /// - Returns: Whether there is one or it is being made. False for a node whose key was asked for just now, in vain.
  @discardableResult
  package mutating func connect(to node: NodeID, at now: MonotonicInstant) -> Bool {
    guard node != side.id else { return false }
    if let index = peers.index(of: node) {
      peers[index].connect(at: now, &side)
      note(node)
      return true
    }
    if lookups.isWaiting(for: node) {
      if lookups.want(node, at: now) { side.put(.lookUp(node)) }
      return true
    }
    guard lookupRate.admits(node.tableHash, at: now.nanoseconds), lookups.want(node, at: now) else { return false }
    side.put(.lookUp(node))
    return true
  }

  /// The node has reached its beacon: key exchanges that nobody has answered are sent again at once.
  package mutating func reached(at now: MonotonicInstant) {
    for node in busy.sorted() {
      guard let index = peers.index(of: node) else { continue }
      peers[index].exchange.hasten(at: now)
      peers[index].tick(at: now, &side)
      note(node)
    }
  }

  /// The beacon says that a node isn't there. It may say so of anybody: nothing changes but when a key exchange is sent again that
  /// nobody has answered.
  package mutating func gone(_ node: NodeID, at now: MonotonicInstant) {
    guard let index = peers.index(of: node) else { return }
    peers[index].exchange.gone(side.configuration, isAwaited: side.pending.isAwaiting(node), at: now)
    note(node)
  }

  /// Time has passed.
  package mutating func tick(at now: MonotonicInstant) {
    if let due = busyDue, due <= now { tickBusy(at: now) }
    guard sweepDue <= now else { return }
    sweepDue = now.advanced(by: side.configuration.sweepInterval)
    lookups.expire(at: now)
    for node in side.pending.expire(at: now) { _ = drop(.pendingExpired, of: node) }
    var gone: [(NodeID, SessionEnd?)] = []
    for index in peers.indices {
      switch peers[index].sweep(at: now, &side) {
      case .kept: note(peers[index].node)
      case .idle: gone.append((peers[index].node, .idle))
      case .unconfirmed: gone.append((peers[index].node, nil))
      }
    }
    for (node, reason) in gone { remove(node, because: reason) }
  }

  private mutating func tickBusy(at now: MonotonicInstant) {
    busyDue = nil
    for node in busy.sorted() {
      guard let index = peers.index(of: node) else {
        busy.remove(node)
        continue
      }
      peers[index].tick(at: now, &side)
      if peers[index].due == nil { busy.remove(node) } else { note(node) }
    }
  }
}
