public import Synchronization

/// Whether a transport is live or closed, shared by its parts.
public final class TransportLife: Sendable {
  @usableFromInline let closed = Atomic<Bool>(false)
  private let receiverTaken = Atomic<Bool>(false)
  /// Told once when this ends.
  private let followers = Mutex<[@Sendable () -> Void]>([])

  /// Begins life.
  public init() {}

  /// Begins a life that ends when both others have.
  convenience init(endingAfter first: TransportLife, _ second: TransportLife) {
    self.init()
    for (one, other) in [(first, second), (second, first)] {
      one.whenEnded { [weak self, other] in
        if other.isClosed { _ = self?.end() }
      }
    }
  }

  /// Whether `close()` was called.
  @inlinable
  public var isClosed: Bool { closed.load(ordering: .acquiring) }

  /// Ends life.
  /// - Returns: Whether this call did it. The one for which it is true does the closing.
  public func end() -> Bool {
    guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return false }
    let told = followers.withLock { followers in
      let all = followers
      followers = []
      return all
    }
    for tell in told { tell() }
    return true
  }

  /// Has a closure called when this ends: by whoever ends it, or at once.
  func whenEnded(_ tell: @escaping @Sendable () -> Void) {
    let isLate = followers.withLock { followers in
      // Looked at under the lock: whoever ends this empties the list only after that.
      if isClosed { return true }
      followers.append(tell)
      return false
    }
    if isLate { tell() }
  }

  /// Claims the one receiver.
  public func takeReceiver() throws(TransportError) {
    if isClosed { throw .closed }
    if receiverTaken.exchange(true, ordering: .acquiringAndReleasing) { throw .receiverTaken }
  }
}
