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
  /// Whether the beacon has said that the peer isn't there since it was last sent: no answer is under way.
  private var isGone = false
  /// Whether the next one is as good as the first: what was sent before may have come nowhere.
  private var isFirst = false

  /// When to call ``tick(_:at:)`` next.
  var due: MonotonicInstant? {
    guard case .unanswered(_, let due) = state else { return nil }
    return due
  }

  /// A session is wanted. Whether to send the exchange now.
  mutating func want(_ configuration: TunnelConfiguration, at now: MonotonicInstant) -> Bool {
    guard case .rest = state else { return isGone && hasten(at: now, configuration) }
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
    (sentAt, isGone) = (now, false)
    return true
  }

  /// Nobody has got it: it is sent again at once, if that is a ``TunnelConfiguration/firstRepeat`` after the time before.
  private mutating func hasten(at now: MonotonicInstant, _ configuration: TunnelConfiguration) -> Bool {
    guard case .unanswered(let left, _) = state,
      sentAt.map({ $0.duration(to: now) >= configuration.firstRepeat }) ?? true
    else { return false }
    state = .unanswered(left: left, due: now.advanced(by: configuration.nextRepeat))
    (sentAt, isGone) = (now, false)
    return true
  }

  /// The beacon says that the peer isn't there: nobody has got what was sent.
  ///
  /// - Parameter isAwaited: Whether something waits for the session. Then it is sent again soon, as often as it takes.
  mutating func gone(_ configuration: TunnelConfiguration, isAwaited: Bool, at now: MonotonicInstant) {
    guard case .unanswered(let left, let due) = state else { return }
    isGone = true
    if isAwaited {
      state = .unanswered(left: max(left, 1), due: min(due, now.advanced(by: configuration.firstRepeat)))
    }
  }

  /// Time has passed. Whether to send the exchange again.
  mutating func tick(_ configuration: TunnelConfiguration, at now: MonotonicInstant) -> Bool {
    guard case .unanswered(let left, let due) = state, due <= now else { return false }
    guard left > 0 else {
      state = .rest
      return false
    }
    let gap = isFirst ? configuration.firstRepeat : configuration.nextRepeat
    state = .unanswered(left: left - 1, due: now.advanced(by: gap))
    (sentAt, isGone, isFirst) = (now, false, false)
    return true
  }

  /// The beacon is reached: what was sent before may have come nowhere. It is sent again now, and then as the first time: the peer
  /// may be on its way to the beacon, too.
  mutating func hasten(at now: MonotonicInstant) {
    guard case .unanswered(let left, let due) = state, due > now else { return }
    state = .unanswered(left: max(left, 2), due: now)
    isFirst = true
  }

  /// There is a session.
  mutating func settle() {
    (state, isGone, isFirst) = (.rest, false, false)
    sentAt = nil
  }
}
