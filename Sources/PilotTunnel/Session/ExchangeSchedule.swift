internal import PilotTransport

/// When a key exchange that stays without an answer is sent again: a few times, and then as often as there is something to
/// send, within bounds (wire reference, section 4).
struct ExchangeSchedule: Sendable {
  private enum State: Sendable {
    case rest
    case unanswered(left: Int, due: MonotonicInstant)
  }

  private var state = State.rest
  private var sentAt: MonotonicInstant?

  /// When to call ``tick(_:at:)`` next.
  var due: MonotonicInstant? {
    guard case .unanswered(_, let due) = state else { return nil }
    return due
  }

  /// A session is wanted. Whether to send the exchange now.
  mutating func want(_ configuration: TunnelConfiguration, at now: MonotonicInstant) -> Bool {
    guard case .rest = state else { return false }
    let since = sentAt.map { $0.duration(to: now) }
    if let sentAt, let since, since < configuration.nextRepeat {
      state = .unanswered(left: 1, due: sentAt.advanced(by: configuration.nextRepeat))
      return false
    }
    // After a series that nobody has answered, each packet is worth one exchange; after a rest, another series.
    let isFresh = since.map { $0 >= configuration.nextRepeat * (configuration.repeats + 1) } ?? true
    state = .unanswered(
      left: isFresh ? configuration.repeats : 0,
      due: now.advanced(by: isFresh ? configuration.firstRepeat : configuration.nextRepeat))
    sentAt = now
    return true
  }

  /// Time has passed. Whether to send the exchange again.
  mutating func tick(_ configuration: TunnelConfiguration, at now: MonotonicInstant) -> Bool {
    guard case .unanswered(let left, let due) = state, due <= now else { return false }
    guard left > 0 else {
      state = .rest
      return false
    }
    state = .unanswered(left: left - 1, due: now.advanced(by: configuration.nextRepeat))
    sentAt = now
    return true
  }

  /// The beacon is reached: what was sent before may have come nowhere, and is sent again now.
  mutating func hasten(at now: MonotonicInstant) {
    guard case .unanswered(let left, let due) = state, due > now else { return }
    state = .unanswered(left: max(left, 1), due: now)
  }

  /// There is a session.
  mutating func settle() {
    state = .rest
    sentAt = nil
  }
}
