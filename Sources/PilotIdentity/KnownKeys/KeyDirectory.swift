public import PilotWire

/// Which public key belongs to which node: the word of whoever runs the network, never of the node itself (wire reference,
/// section 3).
///
/// All of it may be called from any task or thread, at the same time. A directory may change its mind: whoever keeps an
/// answer for longer than one decision listens to ``changes``.
public protocol KeyDirectory: Sendable {
  /// The key of `node`, from the source if need be; nil if the source doesn't know the node.
  ///
  /// May suspend for as long as the directory's own time limit. If the task is cancelled meanwhile, it throws or returns soon.
  ///
  /// - Throws: `KeyDirectoryError` if the source gave no answer. That is a reason to refuse the node for now.
  func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey?

  /// ``publicKey(of:)`` for a stranger at `remote`, who has named the node: a directory that asks only so much at a time shares
  /// that among those who want it, so that nobody who names one node after the other keeps others from being asked for. The
  /// address is one that he can receive at, or of whoever speaks for him.
  ///
  /// The default makes no difference.
  func publicKey(of node: NodeID, for remote: Endpoint) async throws(KeyDirectoryError) -> PublicKey?

  /// The key of `node` if it is at hand: without suspending, blocking or reading from a disk or network, so that it can be
  /// called for each datagram and on an event loop. nil says nothing about whether the node is known.
  ///
  /// The default always answers nil.
  func cachedPublicKey(of node: NodeID) -> PublicKey?

  /// What ``publicKey(of:)`` would answer, as far as that is certain without asking the source; nil if it isn't. Called like
  /// ``cachedPublicKey(of:)``, of which it is the stricter form: a key that is due to be asked for again isn't certain.
  ///
  /// The default is the key that is at hand.
  func answerAtHand(for node: NodeID) -> KeyAnswer?

  /// Has the key of `node` fetched in the background, unless it is at hand, so that it is when it is asked for next. Returns
  /// at once; nothing tells how it went. Strangers choose the nodes: a directory bounds what it does for them, without
  /// taking anything from those who wait in ``publicKey(of:)``.
  ///
  /// The default does nothing.
  func prefetch(_ node: NodeID)

  /// The changes from now on: nodes that have another key than before, or none any more. Each call gives a sequence of its
  /// own, for one reader.
  ///
  /// By the time a change is told, the directory answers by it. The default ends at once: nothing ever changes.
  var changes: KeyChanges { get }
}

/// What a directory is certain of.
public enum KeyAnswer: Hashable, Sendable {
  /// The node has this key.
  case key(PublicKey)
  /// There is no such node.
  case unknown
}

extension KeyDirectory {
  /// As for nobody in particular.
  public func publicKey(
    of node: NodeID, for remote: Endpoint
  ) async throws(KeyDirectoryError) -> PublicKey? {
    try await publicKey(of: node)
  }

  /// Nothing at hand.
  public func cachedPublicKey(of node: NodeID) -> PublicKey? { nil }

  /// The key that is at hand.
  public func answerAtHand(for node: NodeID) -> KeyAnswer? { cachedPublicKey(of: node).map { .key($0) } }

  /// Nothing.
  public func prefetch(_ node: NodeID) {}

  /// None.
  public var changes: KeyChanges { KeyChanges() }

  /// Whether the directory is certain by now that `key` isn't the key of `node`, at once. False if it would have to ask.
  public func hasRevoked(_ key: PublicKey, of node: NodeID) -> Bool {
    answerAtHand(for: node).map { $0 != .key(key) } ?? false
  }
}
