internal import PilotTransport
internal import PilotWire

extension Router {
  /// A Relay's destination isn't here, which its sender is told if it has shown that it knows the message. The answer goes
  /// where the Relay came from, and is shorter: over UDP that is an endpoint that the sender has proven to be at, whoever has
  /// sent the datagram.
  ///
  /// Never inlined, so that a frame whose destination is here pays nothing for it.
  @inline(never)
  mutating func miss(
    _ destination: NodeID, of sender: NodeID, at origin: FrameOrigin, at now: UInt64
  ) -> RouterAction {
    if knowsGone(sender, at: origin, now) {
      if goneNotices.admits(destination, to: sender, at: now) {
        counters.goneNotices &+= 1
        if case .wss = origin { counters.goneNoticesOverWSS &+= 1 }
        let reason: Gone.Reason = departures.contains(destination, at: now) ? .hasJustGone : .notAttached
        put(.gone(origin.hop, Gone(destination: destination, reason: reason)))
      } else {
        counters.goneNoticesHeldBack &+= 1
      }
    }
    return drop(.destinationUnknown)
  }

  /// Whether a node, right there, has shown that it is of this project: it speaks `pilot.v2`, or has proven itself over UDP.
  /// Deployed nodes do neither, and to them a beacon is silent, as theirs are.
  private func knowsGone(_ node: NodeID, at origin: FrameOrigin, _ now: UInt64) -> Bool {
    switch origin {
    case .wss: wss.peer(node)?.isOwn == true
    case .udp(let source, _): nodes.live(node, at: now).map { $0.isProven && $0.endpoint == source } ?? false
    }
  }
}
