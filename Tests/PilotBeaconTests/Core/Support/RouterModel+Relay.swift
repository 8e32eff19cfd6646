import PilotWire

@testable import PilotBeacon

extension RouterModel {
  /// A Relay: who may send it, and where it goes.
  mutating func relay(_ sender: NodeID, to destination: NodeID, from origin: FrameOrigin, at now: UInt64)
    -> Reaction
  {
    (asked, gone) = ([], [])
    if isStale(origin) { return .drop(.staleConnection) }
    switch origin {
    case .wss(_, let peer):
      guard peer == sender else { return .drop(.senderMismatch) }
      var paid = peers[peer]?.paid ?? 0
      defer { peers[peer]?.paid = paid }
      guard Self.admitsFrame(&paid, perSecond: 30, now) else { return .drop(.rateLimited) }
    case .udp(let source, _):
      guard let known = live(sender, at: now) else { return .drop(.senderUnknown) }
      if known.endpoint == source {
        entries[sender]?.heard = now
        if !known.answered { entries[sender]?.credit += Self.relayBytes }
      } else {
        guard !known.proven, known.endpoint.hasAddress(of: source) else { return .drop(.senderMismatch) }
        if !heldDown(known, at: now) {
          guard now - known.heard > 30 * Self.second else { return .drop(.senderMismatch) }
          guard claim(sender, known, from: source, ex: nil, at: now).moves else { return .drop(.senderMismatch) }
        }
      }
      let isAdmitted =
        known.proven
        ? Self.admitsFrame(&paidByNode[sender, default: 0], perSecond: 30, now)
        : Self.admitsFrame(&paidByAddress[source.low, default: 0], perSecond: 3, now)
      guard isAdmitted else { return .drop(.rateLimited) }
    }
    func header(_ ex: Bool) -> DeliverHeader {
      ex ? DeliverHeader(sender: sender, destination: destination) : DeliverHeader(sender: sender)
    }
    if let peer = peers[destination] { return .deliverWSS(peer.connection, header(peer.ex)) }
    if let known = live(destination, at: now) {
      guard spend(on: destination, at: now) else { return .drop(.unansweredEndpoint) }
      return .deliverUDP(known.endpoint, header(known.ex))
    }
    tell(sender, of: destination, at: origin, now)
    return .drop(.destinationUnknown)
  }

  /// There are too few nodes for a sender's share to be used up.
  private mutating func tell(_ sender: NodeID, of destination: NodeID, at origin: FrameOrigin, _ now: UInt64) {
    let knows =
      switch origin {
      case .wss: peers[sender]?.isOwn == true
      case .udp: entries[sender]?.proven == true
      }
    guard knows else { return }
    if let last = told[sender]?[destination], now - last < Self.second { return }
    told[sender, default: [:]][destination] = now
    let isRecent = departed[destination].map { now - $0 < 60 * Self.second } ?? false
    let hop: Hop =
      switch origin {
      case .udp(let source, let local): .udp(source, from: local)
      case .wss(let connection, _): .wss(connection)
      }
    gone = [.gone(hop, Gone(destination: destination, reason: isRecent ? .hasJustGone : .notAttached))]
  }
}
