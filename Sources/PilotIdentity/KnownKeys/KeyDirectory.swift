public import PilotWire

/// Which public key belongs to which node: the word of whoever runs the network, never of the node itself (wire reference,
/// section 3).
///
/// Both methods may be called from any task or thread, at the same time. A directory may change its mind: whoever keeps an
/// answer keeps it for one decision only.
public protocol KeyDirectory: Sendable {
  /// The key of `node`, from the source if need be; nil if the source doesn't know the node.
  ///
  /// May suspend for as long as the directory's own time limit. If the task is cancelled meanwhile, it throws or returns soon.
  ///
  /// - Throws: `KeyDirectoryError` if the source gave no answer. That is a reason to refuse the node for now.
  func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey?

  /// The key of `node` if it is at hand: without suspending, blocking or reading from a disk or network, so that it can be
  /// called for each datagram and on an event loop. nil says nothing about whether the node is known.
  ///
  /// The default always answers nil.
  func cachedPublicKey(of node: NodeID) -> PublicKey?
}

extension KeyDirectory {
  /// Nothing at hand.
  public func cachedPublicKey(of node: NodeID) -> PublicKey? { nil }
}
