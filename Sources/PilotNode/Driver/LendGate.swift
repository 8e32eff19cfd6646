/// What a reader looks at before each frame, without a lock, to lend a message without asking the link.
///
/// Another thread may make the node ready between any two looks. It tells the state first and says that the node is ready behind
/// that. So the reader looks at the other end first: whoever finds the node ready finds its state, too, if that has yet to be
/// told.
protocol LendGate {
  /// Whether the node is ready, said behind the state that tells it.
  var isReady: Bool { get }
  /// Whether there are states that the reader has to be told before anything else.
  var hasStatesToTell: Bool { get }
}

extension LendGate {
  /// Whether a message may be lent: the node is ready, and that has been told.
  @inline(__always)
  var isOpen: Bool { isReady && !hasStatesToTell }
}
