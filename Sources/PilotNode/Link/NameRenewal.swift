import PilotTransport

/// When a beacon's name is looked up again: as soon as the beacon has fallen silent, for it may have moved, and ever more
/// rarely while it stays so.
struct NameRenewal: Sendable, Equatable {
  private enum State: Sendable, Equatable {
    case resting
    case due(at: MonotonicInstant, then: Duration)
  }

  private let first: Duration
  private let longest: Duration
  private var state = State.resting

  /// - Parameters:
  ///   - first: From the first look-up to the second one; doubles from each to the next.
  ///   - longest: The most that it doubles to.
  init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
  }

  /// When there is something to do, while the beacon is silent.
  var due: MonotonicInstant? {
    guard case .due(let at, _) = state else { return nil }
    return at
  }

  /// Time has passed.
  ///
  /// - Parameter isSilent: Whether the beacon doesn't answer, or can't be sent to.
  /// - Returns: Whether to look the name up now.
  mutating func tick(isSilent: Bool, at now: MonotonicInstant) -> Bool {
    guard isSilent else {
      state = .resting
      return false
    }
    switch state {
    case .resting: state = .due(at: now.advanced(by: first), then: min(first * 2, longest))
    case .due(let at, let gap) where now >= at: state = .due(at: now.advanced(by: gap), then: min(gap * 2, longest))
    case .due: return false
    }
    return true
  }
}
