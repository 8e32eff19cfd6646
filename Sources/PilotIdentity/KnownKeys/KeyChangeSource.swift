public import PilotWire
internal import Synchronization

/// Where a directory's changes come from: tells them to all who listen.
public final class KeyChangeSource: Sendable {
  private struct State {
    var mailboxes: [UInt64: KeyChangeMailbox] = [:]
    var next: UInt64 = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: The most nodes that are kept by name for one reader; more become ``KeyChange/anything``.
  public init(limit: Int = 10_000) {
    self.limit = limit
  }

  deinit {
    for mailbox in state.withLock({ Array($0.mailboxes.values) }) { mailbox.finish() }
  }

  /// The changes from now on, for one reader. They end with this source.
  public var changes: KeyChanges {
    let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let mailbox = KeyChangeMailbox(limit: limit, signal: signal)
    let number = state.withLock { state in
      state.next += 1
      state.mailboxes[state.next] = mailbox
      return state.next
    }
    signal.onTermination = { [weak self] _ in
      guard let self else { return }
      _ = state.withLock { $0.mailboxes.removeValue(forKey: number) }
    }
    return KeyChanges(mailbox: mailbox, signals: signals)
  }

  /// How many listen.
  var readers: Int { state.withLock { $0.mailboxes.count } }

  /// Tells that the keys of these nodes have changed or are gone. From any thread, after the directory answers by it; returns
  /// at once.
  public func announce(_ nodes: Set<NodeID>) {
    guard !nodes.isEmpty else { return }
    for mailbox in state.withLock({ Array($0.mailboxes.values) }) { mailbox.put(nodes) }
  }
}
