package import PilotWire

/// The exchange with the other beacons of a deployment (wire reference, section 2): lists of who is attached where, and relays to
/// who is attached there. A frame takes one such hop and no more.
///
/// Who can forge a neighbour's source address can forge a list, or a frame of any node's that isn't here. So a list moves nobody
/// who is attached here, what it sends elsewhere goes to a neighbour alone, and a neighbour speaks for nobody who has
/// authenticated here.
extension Router {
  /// Where the neighbours are, by their numbers; nil for one whose name leads nowhere.
  package mutating func placeNeighbours(_ endpoints: [Endpoint?]) { neighbours.place(endpoints) }

  /// A list of another beacon's nodes.
  mutating func sync(_ frame: RawSpan, from origin: FrameOrigin, at now: UInt64) -> RouterAction {
    guard case .udp(let source, _) = origin, let number = neighbours.number(at: source) else {
      return drop(.notANeighbour)
    }
    let message: Sync
    do throws(WireError) {
      message = try Sync(parsing: frame)
    } catch {
      return drop(RouterDropReason(error))
    }
    if let ownBeaconID, message.beaconID &- ownBeaconID < UInt32(NeighbourLists.maximumLists) {
      neighbours.heardOwn(from: number, at: now)
      return drop(.ownList)
    }
    guard neighbours.admits(number, at: now) else { return drop(.rateLimited) }
    counters.syncs &+= 1
    counters.syncNodesLeftOut &+= UInt64(neighbours.take(message, of: number, at: now))
    return .taken
  }

  /// A Relay over UDP whose sender isn't registered at its source: of another beacon, if that is where it comes from.
  ///
  /// Never inlined, so that a node's own frame pays nothing for it.
  ///
  /// - Parameter reason: Why it is dropped if it comes from elsewhere.
  @inline(never)
  mutating func relayFromNeighbour(
    _ bytes: Int, from sender: NodeID, to destination: NodeID, at origin: FrameOrigin, else reason: RouterDropReason,
    at now: UInt64
  ) -> RouterAction {
    guard case .udp(let source, _) = origin, neighbours.number(at: source) != nil else { return drop(reason) }
    guard wss.peer(sender) == nil, nodes.live(sender, at: now)?.isProven != true else { return drop(.senderMismatch) }
    let action = deliver(bytes, from: sender, at: origin, to: destination, over: .udp, isPassedOn: true, at: now)
    if case .deliver = action { counters.relayedFromNeighbours &+= 1 }
    return action
  }
}
