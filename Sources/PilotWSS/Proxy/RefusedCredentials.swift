import PilotTransport

/// The credentials that a proxy has refused last, and until when it isn't shown them again: whoever repeats a wrong password as
/// often as the network changes gets its user locked out. Windows domains count the wrong ones of the last 10 to 30 minutes.
///
/// A value without clock.
struct RefusedCredentials: Sendable {
  /// How long they are held back after the first refusal. It doubles with each one that follows.
  static let firstHold = Duration.seconds(600)
  /// The longest time that they are held back.
  static let longestHold = Duration.seconds(3_600)

  private struct Refusal: Sendable {
    let credentials: ProxyCredentials
    var hold = RefusedCredentials.firstHold
    var until: MonotonicInstant
  }

  private var last: Refusal?

  /// The proxy has refused them. Of two attempts that have shown them at the same time, the second one changes nothing.
  mutating func refused(_ credentials: ProxyCredentials, at now: MonotonicInstant) {
    guard remaining(for: credentials, at: now) == nil else { return }
    var hold = Self.firstHold
    if let last, last.credentials == credentials { hold = min(last.hold * 2, Self.longestHold) }
    last = Refusal(credentials: credentials, hold: hold, until: now.advanced(by: hold))
  }

  /// The proxy has made a tunnel.
  mutating func accepted() { last = nil }

  /// How long it is until they may be shown; nil if they may be.
  func remaining(for credentials: ProxyCredentials, at now: MonotonicInstant) -> Duration? {
    guard let last, last.credentials == credentials, now < last.until else { return nil }
    return now.duration(to: last.until)
  }
}
