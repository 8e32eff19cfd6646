package import PilotWire

/// Tells which nodes are listed: those whose key is known, by the word of whoever runs the network.
///
/// Asked under the router's lock, for Discovers only: it must answer from memory, at once. From any thread.
package protocol NodeListing: Sendable {
  /// Whether the node's key is known, as far as that is at hand.
  func isListed(_ node: NodeID) -> Bool
}

/// A listing without nodes, for a router without keys.
package struct EmptyNodeListing: NodeListing {
  package init() {}

  /// No.
  package func isListed(_ node: NodeID) -> Bool { false }
}
