public import PilotWire

/// Whose keys have changed, or were taken away.
@nonexhaustive
public enum KeyChange: Hashable, Sendable {
  /// These nodes'. At least one.
  case nodes(Set<NodeID>)
  /// Anybody's may have: too many to be named.
  case anything
}

/// The changes of a ``KeyDirectory``, in order, for one reader.
///
/// None is lost: what a reader hasn't asked for yet is told together, and when that names too many nodes, as
/// ``KeyChange/anything``.
public struct KeyChanges: AsyncSequence, Sendable {
  private let mailbox: KeyChangeMailbox
  private let signals: AsyncStream<Void>

  /// No changes: ends at once.
  public init() {
    let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    signal.finish()
    self.init(mailbox: KeyChangeMailbox(limit: 0, signal: signal), signals: signals)
  }

  init(mailbox: KeyChangeMailbox, signals: AsyncStream<Void>) {
    self.mailbox = mailbox
    self.signals = signals
  }

  /// Begins to read.
  public func makeAsyncIterator() -> Iterator {
    Iterator(mailbox: mailbox, signals: signals.makeAsyncIterator())
  }

  /// Reads changes.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let mailbox: KeyChangeMailbox
    fileprivate var signals: AsyncStream<Void>.Iterator

    /// What has changed since the last call, as soon as something has; nil when the task is cancelled or nothing can change
    /// any more.
    public mutating func next() async -> KeyChange? {
      await next(isolation: #isolation)
    }

    /// The same.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> KeyChange? {
      while await signals.next(isolation: actor) != nil {
        if let change = mailbox.take() { return change }
      }
      return nil
    }
  }
}
