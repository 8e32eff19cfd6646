package import PilotWire

/// Tells which nodes' keys are known.
package protocol NodeListing: Sendable {
  /// Whether the node's key is known, as far as memory tells: called under the router's lock, for Discovers only.
  func isListed(_ node: NodeID) -> Bool
}

/// Nobody is listed.
struct EmptyNodeListing: NodeListing {
  func isListed(_ node: NodeID) -> Bool { false }
}
