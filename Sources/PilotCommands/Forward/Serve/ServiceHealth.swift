import PilotTransport

/// Whether a service takes what it is sent, as far as ICMP and its answers show: each change is told once, and none within a second of
/// the one before.
struct ServiceHealth: Equatable, Sendable {
  /// What is worth telling.
  enum Change: Equatable, Sendable {
    case down(reason: String)
    case up
  }

  private static let pause: Duration = .seconds(1)

  private(set) var isDown = false
  /// Datagrams that the network or this machine has refused.
  private(set) var refused: UInt64 = 0
  private var changedAt: MonotonicInstant?

  /// A datagram was refused, for this reason.
  mutating func refuse(_ reason: String, at now: MonotonicInstant) -> Change? {
    refused += 1
    return change(isDown: true, at: now) ? .down(reason: reason) : nil
  }

  /// The service has sent something.
  mutating func answer(at now: MonotonicInstant) -> Change? { change(isDown: false, at: now) ? .up : nil }

  private mutating func change(isDown: Bool, at now: MonotonicInstant) -> Bool {
    guard self.isDown != isDown else { return false }
    if let changedAt, changedAt.advanced(by: Self.pause) > now { return false }
    self.isDown = isDown
    changedAt = now
    return true
  }
}
