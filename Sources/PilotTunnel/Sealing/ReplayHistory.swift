internal import PilotTransport
internal import PilotWire

/// What a session has seen of its peer's nonces: a window for each prefix, the newest prefix and four older ones (wire
/// reference, section 4).
///
/// A prefix that has fallen out stays refused: its window is gone, and with a new one each of its frames could be replayed.
/// When no more of those can be remembered, no new prefix is taken, and the session needs another key.
struct ReplayHistory: Sendable {
  /// What a nonce is worth.
  enum Verdict: Sendable, Equatable {
    /// Nothing speaks against it.
    case fresh
    /// It was seen, or is too old to tell.
    case replayed
    /// Its prefix is one that isn't taken any more, or one too many.
    case closed
  }

  private struct Epoch: Sendable, BitwiseCopyable {
    let prefix: UInt32
    var window = ReplayWindow()
  }

  /// The newest prefix, and those that are kept for stragglers.
  static let epochLimit = 5
  /// How many are remembered after that.
  static let closedLimit = 16

  /// The newest one first.
  private var epochs: [Epoch] = []
  private var closed: [UInt32] = []

  /// Whether no new prefix is taken any more.
  var isFull: Bool { epochs.count == Self.epochLimit && closed.count == Self.closedLimit }

  /// Whether a frame with this prefix has opened.
  func knows(_ prefix: UInt32) -> Bool {
    epochs.contains { $0.prefix == prefix } || closed.contains(prefix)
  }

  /// What a nonce is worth. Before its frame's tag has been verified, a verdict against it is reason enough to drop it, and one
  /// for it says nothing.
  func judge(_ nonce: TunnelNonce) -> Verdict {
    if let epoch = epochs.first(where: { $0.prefix == nonce.prefix }) {
      return epoch.window.admits(nonce.counter) ? .fresh : .replayed
    }
    guard nonce.counter > 0 else { return .replayed }
    return isFull || closed.contains(nonce.prefix) ? .closed : .fresh
  }

  /// The nonce of a frame whose tag is right.
  ///
  /// - Precondition: it is fresh.
  mutating func record(_ nonce: TunnelNonce) {
    if let index = epochs.firstIndex(where: { $0.prefix == nonce.prefix }) {
      epochs[index].window.record(nonce.counter)
      return
    }
    precondition(judge(nonce) == .fresh, "a nonce that isn't fresh")
    if epochs.count == Self.epochLimit { closed.append(epochs.removeLast().prefix) }
    var epoch = Epoch(prefix: nonce.prefix)
    epoch.window.record(nonce.counter)
    epochs.insert(epoch, at: 0)
  }
}
