import PilotTransport

/// When a preferred path that was left is taken again: soon at first, and later each time that it did not hold. Never not
/// at all.
public struct ReturnPolicy: Sendable {
  /// The times and limits.
  public struct Configuration: Sendable, Hashable {
    /// How long after a switch, at least. Doubles with each return that failed. Default 30 s.
    public var patience: Duration = .seconds(30)
    /// The most that it doubles to. Default 10 min.
    public var longestPatience: Duration = .seconds(600)
    /// A return has failed if the path is left again before this time. Default 2 min. If it holds for
    /// ``longestPatience``, what failed before is forgotten.
    public var trial: Duration = .seconds(120)
    /// So many answers in a row. Default 3; twice as many for a path that was left because it lost too many.
    public var answers = 3
    /// Over so long a time. Default 10 s.
    public var span: Duration = .seconds(10)
    /// How long a return may take from its beginning until frames get through. Default 3 s.
    public var limit: Duration = .seconds(3)

    /// The defaults.
    public init() {}
  }

  private let configuration: Configuration
  private var returnedAt: MonotonicInstant?
  private var failedAt: MonotonicInstant?
  /// Returns that failed, since one held.
  private(set) var failures = 0

  init(_ configuration: Configuration) { self.configuration = configuration }

  /// How long after the last switch, or the last attempt, the path may be taken again.
  var patience: Duration {
    var patience = configuration.patience
    for _ in 0..<failures where patience < configuration.longestPatience { patience *= 2 }
    return min(patience, max(configuration.longestPatience, configuration.patience))
  }

  /// From when on it may be.
  func earliest(after lastSwitch: MonotonicInstant) -> MonotonicInstant {
    max(lastSwitch, failedAt ?? lastSwitch).advanced(by: patience)
  }

  /// The path has been taken again.
  mutating func returned(at now: MonotonicInstant) { returnedAt = now }

  /// The path has been left.
  ///
  /// - Parameter isFailing: Whether because it failed, and not for one that is preferred to it.
  mutating func left(failing isFailing: Bool, at now: MonotonicInstant) {
    guard let since = returnedAt.take()?.duration(to: now) else { return }
    if since >= configuration.longestPatience {
      failures = 0
    } else if isFailing, since < configuration.trial {
      failures += 1
    }
  }

  /// An attempt to take it again has come to nothing.
  mutating func failed(at now: MonotonicInstant) {
    failures += 1
    failedAt = now
  }

  /// On another network nothing of it holds.
  mutating func reset() { (returnedAt, failedAt, failures) = (nil, nil, 0) }
}
