/// How long to wait before the next attempt: doubling up to a cap, with jitter so that a thousand clients of a restarted
/// beacon don't return in step.
public struct Backoff: Sendable, Equatable {
  /// The bounds of the delays.
  public struct Configuration: Sendable, Equatable {
    /// The longest delay of the first attempt. Default 250 ms (wire reference, section 3).
    public var initial: Duration = .milliseconds(250)
    /// The longest delay of any attempt. Default 30 s (wire reference, section 3).
    public var maximum: Duration = .seconds(30)
    /// A connection has lived, and forgets earlier failures, after this time. Default 10 s.
    public var resetAfter: Duration = .seconds(10)

    /// The deployed system's bounds.
    public init() {}
  }

  private let configuration: Configuration
  /// Attempts since the last connection that lived.
  public private(set) var attempts = 0
  private var ceiling: Duration

  /// Starts without failures.
  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    ceiling = min(configuration.initial, configuration.maximum)
  }

  /// The delay before the next attempt: between half of the current ceiling and all of it.
  ///
  /// - Parameters:
  ///   - random: Uniform in 0..<1.
  ///   - least: What the peer has asked for. The delay is no shorter, unless that is more than the cap; and up to half
  ///     as much again within the cap, since others have been told the same.
  public mutating func next(random: Double, atLeast least: Duration = .zero) -> Duration {
    let random = min(max(random, 0), 1)
    let delay = ceiling * (0.5 + 0.5 * random)
    let asked = min(max(least, .zero), configuration.maximum) * (1 + 0.5 * random)
    attempts += 1
    ceiling = min(ceiling * 2, configuration.maximum)
    return min(max(delay, asked), configuration.maximum)
  }

  /// A connection ended. Only one that lived resets the delays: a beacon that accepts and drops at once would otherwise be
  /// called four times a second for ever.
  public mutating func connectionEnded(after lifetime: Duration) {
    if lifetime >= configuration.resetAfter { reset() }
  }

  /// What has failed before says nothing about what comes.
  public mutating func reset() {
    attempts = 0
    ceiling = min(configuration.initial, configuration.maximum)
  }

  /// Asking again soon is pointless: the next delay is near the cap.
  public mutating func jumpToMaximum() {
    ceiling = configuration.maximum
  }
}
