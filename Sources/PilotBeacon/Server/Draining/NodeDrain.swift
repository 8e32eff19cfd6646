import PilotTransport

/// When the nodes over UDP of a beacon that drains hear of it, and when it ends because of that.
///
/// They can't be sent away, and what they are told is worth little long before: a node announces itself every minute anyway, and the
/// first announcement after it was told settles the matter. So the last quarter of the window is theirs, and it begins at once when no
/// connection is left: a beacon that has nodes over UDP alone ends after a quarter.
///
/// A value without clock.
struct NodeDrain: Sendable {
  private let deadline: MonotonicInstant
  private let share: Duration
  private(set) var end: MonotonicInstant?

  /// - Parameters:
  ///   - begin: When peers are sent away.
  ///   - deadline: When the drain ends at the latest.
  init(from begin: MonotonicInstant, to deadline: MonotonicInstant) {
    self.deadline = deadline
    share = begin.duration(to: deadline) / 4
  }

  /// Time has passed.
  ///
  /// - Parameter isAlone: Whether no connection is left.
  /// - Returns: When the beacon ends, from the moment on at which nodes are to be told; the same each time.
  mutating func tick(at now: MonotonicInstant, isAlone: Bool) -> MonotonicInstant? {
    if end == nil, isAlone || now.advanced(by: share) >= deadline { end = min(now.advanced(by: share), deadline) }
    return end
  }
}
