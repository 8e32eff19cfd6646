import PilotIdentity
import PilotWire

/// The nodes whose key a directory has at hand.
struct DirectoryListing: NodeListing {
  let keys: any KeyDirectory

  func isListed(_ node: NodeID) -> Bool { keys.cachedPublicKey(of: node) != nil }
}
