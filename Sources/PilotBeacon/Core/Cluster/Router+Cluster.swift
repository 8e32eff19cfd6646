package import PilotTransport
package import PilotWire

/// What the beacons of a cluster pass on to each other (wire reference, section 2): a frame takes one such hop and no more.
extension Router {
  /// A Relay that another beacon of the cluster has passed on, which has been verified: tag and counter.
  ///
  /// - Parameters:
  ///   - relay: The Relay.
  ///   - beaconID: The beacon that has passed it on.
  ///   - origin: Where the datagram came from.
  package mutating func passed(
    _ relay: RawSpan, by beaconID: UInt32, from origin: FrameOrigin, at now: MonotonicInstant
  ) -> RouterAction {
    counters.frames &+= 1
    let message: Relay
    do throws(WireError) {
      message = try Relay(parsing: relay)
    } catch {
      return drop(RouterDropReason(error))
    }
    guard maySpeak(for: message.sender, beaconID, at: now.nanoseconds) else { return drop(.senderMismatch) }
    let action = deliver(
      relay.byteCount, from: message.sender, at: origin, to: message.destination, over: .udp, isPassedOn: true,
      at: now.nanoseconds)
    if case .deliver = action { counters.relayedFromNeighbours &+= 1 }
    return action
  }

  /// Anything that claims to be passed on by another beacon of the cluster, and isn't.
  package mutating func refuse(_ reason: RouterDropReason, from origin: FrameOrigin) -> RouterAction {
    counters.frames &+= 1
    return reason == .rateLimited ? drop(reason, of: origin.source) : drop(reason)
  }

  /// Whether a beacon's word is taken for who sent a frame: unless the node has authenticated here, and isn't known to be there. A
  /// node that has just come there, or went from one to another, is heard before everybody knows of it.
  private func maySpeak(for node: NodeID, _ beaconID: UInt32, at now: UInt64) -> Bool {
    remotes.place(of: node)?.beaconID == beaconID
      || wss.peer(node) == nil && nodes.live(node, at: now)?.isProven != true
  }

  /// Nodes have come to other beacons of the cluster, or have gone from there.
  package mutating func placeRemotes(_ changes: some Collection<RemoteChange>) {
    for change in changes {
      remotes.put(
        change.node, at: change.beaconID.map { RemoteNodes.Place(beaconID: $0, isProven: change.isProven) })
    }
  }
}

/// A node is at another beacon of the cluster than before, or at none.
package struct RemoteChange: Hashable, Sendable {
  /// Which node.
  package let node: NodeID
  /// Where it is; nil for nowhere.
  package let beaconID: UInt32?
  /// Whether it has authenticated there.
  package let isProven: Bool

  /// A node that is at a beacon, or at none.
  package init(_ node: NodeID, at beaconID: UInt32?, isProven: Bool = false) {
    (self.node, self.beaconID, self.isProven) = (node, beaconID, isProven)
  }
}
