package import PilotTransport
package import PilotWire

extension Router {
  /// A node has authenticated over WSS: this connection is the node's from now on.
  ///
  /// An unproven registration over UDP is forgotten: it may be the node's own, or somebody else's. A proven one stays, and is
  /// the node's second way: it may relay from there, and gets everything there when this connection ends.
  /// A connection that it replaces is to be closed, ``RouterOutput/replaced(_:)``; nothing more that comes over it is
  /// dispatched.
  ///
  /// - Parameters:
  ///   - node: Whom the peer has authenticated as.
  ///   - connection: Its connection.
  ///   - isOwn: Whether the peer is of this project: it speaks `pilot.v2`.
  package mutating func attach(node: NodeID, connection: ConnectionID, isOwn: Bool = false) {
    if let endpoint = nodes.removeUnproven(node) { claims.forget(node, at: endpoint) }
    guard let replaced = wss.attach(node, connection, isOwn: isOwn) else { return }
    counters.replacements &+= 1
    put(.replaced(replaced))
  }

  /// How many nodes are attached.
  package var wssPeers: Int { wss.count }

  /// The node's known key has changed, or is known no more: what it has proven with it counts no longer.
  ///
  /// A later Discover without a proof can register it again, as any node that can prove nothing, where no proof is required
  /// of it. Where only listed nodes are served, nothing is left of it.
  ///
  /// - Returns: Whether there was a proven registration.
  @discardableResult
  package mutating func revoke(_ node: NodeID) -> Bool {
    provenNodes.remove(node)
    nodes.changeLog?.note(node.rawValue)
    if bounds.servesListedNodesOnly || bounds.authentication == .require { nodes.removeUnproven(node) }
    guard let endpoint = nodes.removeProven(node) else { return false }
    counters.revocations &+= 1
    incidents.note(RouterIncident(.revoked, node, from: endpoint, to: nil))
    return true
  }

  /// So many keys have changed that nobody knows whose: no proof counts any longer. The nodes stay where they are, as those
  /// that can prove nothing, until they prove it again; those that are attached over WSS are there alone. A walk over the
  /// whole table.
  package mutating func revokeAll() {
    provenNodes.removeAll()
    counters.revocations &+= UInt64(nodes.distrustAll())
    for node in wss.nodes { nodes.removeUnproven(node) }
  }

  /// A connection takes nothing more. If it was its node's current one, the node is over UDP from now on if it has proven to be
  /// there, and else gone; a newer connection stays.
  ///
  /// - Returns: whether it was the current one.
  @discardableResult
  package mutating func detach(node: NodeID, connection: ConnectionID, at now: MonotonicInstant) -> Bool {
    guard wss.detach(node, connection) else { return false }
    if nodes.live(node, at: now.nanoseconds)?.isProven == true {
      counters.continuedOverUDP &+= 1
    } else {
      departures.note(node, at: now.nanoseconds)
    }
    return true
  }
}
