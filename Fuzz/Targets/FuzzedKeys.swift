import PilotIdentity
import PilotWire
import Synchronization

/// A directory whose keys the program takes out and puts back.
final class FuzzedKeys: KeyDirectory {
  private let keys = Mutex(FuzzedNode.keys)

  func publicKey(of node: NodeID) -> PublicKey? { keys.withLock { $0[node] } }

  func cachedPublicKey(of node: NodeID) -> PublicKey? { publicKey(of: node) }

  func answerAtHand(for node: NodeID) -> KeyAnswer? { publicKey(of: node).map { .key($0) } ?? .unknown }

  /// Takes the key of a node out, or puts it back.
  func exchange(_ node: NodeID) {
    keys.withLock { $0[node] = $0[node] == nil ? FuzzedNode.keys[node] : nil }
  }
}
