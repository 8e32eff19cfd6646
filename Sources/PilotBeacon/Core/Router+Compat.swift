public import PilotWire

extension Router {
  /// A node has authenticated over WSS: this connection is the node's from now on.
  ///
  /// An unproven registration over UDP is forgotten: it may be the node's own, or somebody else's.
  ///
  /// - Returns: the connection that it replaces, which the driver closes (1000, `replaced`). Nothing more that comes over
  ///   it is dispatched.
  public mutating func attach(node: NodeID, connection: ConnectionID) -> ConnectionID? {
    nodes.removeUnproven(node)
    let replaced = compat.attach(node, connection)
    if replaced != nil { counters.replacements &+= 1 }
    return replaced
  }

  /// A connection has ended. The node is gone if it was its current one; a newer one stays.
  ///
  /// - Returns: whether the node is gone.
  @discardableResult
  public mutating func detach(node: NodeID, connection: ConnectionID) -> Bool {
    compat.detach(node, connection)
  }
}
