import PilotWire

/// What goes to another beacon, of the cluster or a neighbour, since its destination is attached there.
extension Router {
  /// Passes a Relay on, unchanged, to the beacon that its destination is attached to; nil if none says so. Of who is at both, one of
  /// the cluster comes first.
  @inline(never)
  mutating func passOn(
    from sender: NodeID, to destination: NodeID, over carrier: RelayCell.Carrier, at now: UInt64
  ) -> RouterAction? {
    if let place = remotes.place(of: destination) {
      counters.relayed.count(RelayCell(from: carrier, to: .udp))
      counters.relayedToNeighbours &+= 1
      return .passOn(to: place.beaconID)
    }
    guard let endpoint = neighbours.endpoint(of: destination, at: now) else { return nil }
    counters.relayed.count(RelayCell(from: carrier, to: .udp))
    counters.relayedToNeighbours &+= 1
    return .deliver(.udp(endpoint), DeliverHeader(relaying: sender, to: destination))
  }
}
