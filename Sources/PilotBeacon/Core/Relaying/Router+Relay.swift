package import PilotTransport
internal import PilotWire

extension Router {
  /// Reads what ``on(_:from:at:)`` will have to read of a Relay's destination, and decides nothing.
  ///
  /// With half a million nodes, each destination is a fetch or two from main memory. Done for several frames before the
  /// first decision, these fetches run side by side, where each decision would have to wait for its own.
  ///
  /// - Parameter frame: Anything.
  /// - Returns: A number that means nothing, to be kept somewhere, so that the reading isn't optimised away.
  package func anticipate(_ frame: RawSpan) -> UInt64 {
    guard frame.byteCount >= Relay.headerLength else { return 0 }
    switch BeaconMessageType(rawValue: frame.byte(at: 0)) {
    case .relay: return nodes.touch(frame.bigEndian(at: 5, as: UInt32.self))
    case .clusterRelay where frame.byteCount >= ClusterRelay.headerLength + Relay.headerLength:
      return nodes.touch(frame.bigEndian(at: ClusterRelay.headerLength + 5, as: UInt32.self))
    default: return 0
    }
  }

  /// A Relay: the sender must be who sent it, and the destination here (wire reference, sections 2 and 6).
  @inline(__always)
  mutating func relay(_ frame: RawSpan, from origin: FrameOrigin, at now: UInt64) -> RouterAction {
    let message: Relay
    do throws(WireError) {
      message = try Relay(parsing: frame)
    } catch {
      return drop(RouterDropReason(error))
    }
    let carrier: RelayCell.Carrier
    switch origin {
    case .wss(_, let node):
      guard message.sender == node else { return drop(.senderMismatch) }
      guard wss.admits(frame.byteCount, from: node, knownPace, at: now) else {
        return drop(.rateLimited, of: SourceKey(node))
      }
      carrier = .wss
    case .udp(let source, let local):
      switch nodes.hear(message.sender, from: source, bytes: frame.byteCount, at: now, &buckets) {
      case .current: break
      case .limited: return drop(.rateLimited, of: SourceKey(source))
      case .otherPort:
        guard neighbours.number(at: source) == nil else {
          return relayFromNeighbour(
            frame.byteCount, from: message.sender, to: message.destination, at: origin, else: .senderMismatch, at: now)
        }
        guard hears(message.sender, at: source, local, at: now) else { return drop(.senderMismatch) }
        guard nodes.admits(message.sender, bytes: frame.byteCount, at: now, &buckets) else {
          return drop(.rateLimited, of: SourceKey(source))
        }
      case .elsewhere:
        return relayFromNeighbour(
          frame.byteCount, from: message.sender, to: message.destination, at: origin, else: .senderMismatch, at: now)
      case .unknown:
        return relayFromNeighbour(
          frame.byteCount, from: message.sender, to: message.destination, at: origin, else: .senderUnknown, at: now)
      }
      carrier = .udp
    }
    return deliver(
      frame.byteCount, from: message.sender, at: origin, to: message.destination, over: carrier, at: now)
  }

  /// An unproven node seems to speak from another port of its address. It is heard if it has been silent for long enough for
  /// its NAT to have rebound: its next Discover, which would move it, is up to a minute away; unless the old port can be asked
  /// first. And it is heard while it may not move again: frames from before and after a move can overtake each other.
  private mutating func hears(
    _ node: NodeID, at source: Endpoint, _ local: LocalAddress, at now: UInt64
  ) -> Bool {
    guard let known = nodes.live(node, at: now) else { return false }
    if isHeldDown(known, at: now) { return true }
    guard now.since(known.heardAt) > bounds.silenceBeforeRebinding else { return false }
    return claim(node, known, from: source, local, .relay, at: now) == .moved
  }

  /// Whether an endpoint that hasn't answered may be sent so many bytes more. Its credit comes from its own source's, however
  /// many nodes are said to be there: one forged Discover for each must not multiply what a victim gets.
  @inline(never)
  private mutating func spend(
    _ bytes: Int, on node: NodeID, _ registration: Registration, at now: UInt64
  ) -> Bool {
    let source = sourceHash(SourceKey(registration.endpoint))
    while !nodes.spend(bytes, on: node) {
      guard bounds.creditChunk > 0, unansweredCredit.admits(source, at: now) else { return false }
      nodes.earn(bounds.creditChunk, node)
    }
    return true
  }

  /// A Relay that has been decided for a WSS connection found it ended: where else its destination is, which is over UDP if
  /// the node has proven to be there. It has been counted as what was decided first.
  package mutating func detour(of frame: RawSpan, at now: MonotonicInstant) -> RouterAction? {
    guard let message = try? Relay(parsing: frame),
      let registration = nodes.live(message.destination, at: now.nanoseconds), registration.isProven
    else { return nil }
    return deliver(message.destination, at: registration, from: message.sender)
  }

  @inline(__always)
  private func deliver(
    _ destination: NodeID, at registration: Registration, from sender: NodeID
  ) -> RouterAction {
    .deliver(
      .udp(registration.endpoint, from: registration.local),
      DeliverHeader(sender, destination, wantsDestination: registration.wantsDestination))
  }

  /// Whether a node that is registered here may well be at another beacon: it has missed an announcement, or it has proven nothing
  /// here, and something there.
  @inline(__always)
  private func seemsElsewhere(_ node: NodeID, _ registration: Registration, at now: UInt64) -> Bool {
    now.since(registration.heardAt) > bounds.silenceBeforeMove
      || remotes.count > 0 && !registration.isProven && remotes.place(of: node)?.isProven == true
  }

  /// Looks the destination up: first the WSS peers, then the UDP nodes, then those of other beacons (wire reference, section 2).
  /// A node that one of these lists is there if it has missed an announcement here, or has proven only there who it is.
  ///
  /// - Parameter isPassedOn: Whether another beacon has passed it on: then it goes to no other one, nor does an answer.
  @inline(__always)
  mutating func deliver(
    _ bytes: Int, from sender: NodeID, at origin: FrameOrigin, to destination: NodeID,
    over carrier: RelayCell.Carrier, isPassedOn: Bool = false, at now: UInt64
  ) -> RouterAction {
    if let peer = wss.peer(destination) {
      counters.relayed.count(RelayCell(from: carrier, to: .wss))
      talkers.relayed(bytes, for: sender)
      let header = DeliverHeader(sender, destination, wantsDestination: peer.wantsDestination)
      return .deliver(.wss(ConnectionID(rawValue: peer.connection)), header)
    }
    guard let registration = nodes.live(destination, at: now) else {
      if isPassedOn { return drop(.destinationUnknown) }
      return passOn(from: sender, to: destination, over: carrier, at: now)
        ?? miss(destination, of: sender, at: origin, at: now)
    }
    if !isPassedOn, seemsElsewhere(destination, registration, at: now),
      let action = passOn(from: sender, to: destination, over: carrier, at: now)
    {
      return action
    }
    guard registration.hasAnswered || spend(bytes, on: destination, registration, at: now) else {
      return drop(.unansweredEndpoint, of: origin.source)
    }
    counters.relayed.count(RelayCell(from: carrier, to: .udp))
    talkers.relayed(bytes, for: sender)
    return deliver(destination, at: registration, from: sender)
  }
}

extension FrameOrigin {
  /// Whom a limit takes it for.
  var source: SourceKey {
    switch self {
    case .udp(let endpoint, _): SourceKey(endpoint)
    case .wss(_, let node): SourceKey(node)
    }
  }
}

extension DeliverHeader {
  fileprivate init(_ sender: NodeID, _ destination: NodeID, wantsDestination: Bool) {
    self =
      wantsDestination
      ? DeliverHeader(sender: sender, destination: destination)
      : DeliverHeader(sender: sender)
  }
}
