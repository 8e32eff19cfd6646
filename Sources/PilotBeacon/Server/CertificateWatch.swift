import Synchronization

/// A ``CertificateWatch`` for several threads: whoever reloads the files looks, too.
final class CertificateWarning: Sendable {
  private let watch = Mutex(CertificateWatch())

  /// ``CertificateWatch/look(at:now:)``.
  func look(at expiry: Int, now: Int) -> CertificateWatch.Remaining? {
    watch.withLock { $0.look(at: expiry, now: now) }
  }
}

/// Says in good time that a certificate is about to run out: once for each certificate, and then every day.
struct CertificateWatch: Sendable {
  /// How much is left.
  enum Remaining: Equatable, Sendable {
    /// Less than 30 days.
    case month
    /// Less than 7 days.
    case week
    case expired
  }

  private static let day = 86_400

  private var told: (expiry: Int, at: Int)?

  /// Looks at the certificate in use.
  ///
  /// - Parameters:
  ///   - expiry: Until when it is valid, in seconds since 1970.
  ///   - now: The wall clock, in the same.
  /// - Returns: What to say about it; nil if there is nothing to say, or it has been said within a day.
  mutating func look(at expiry: Int, now: Int) -> Remaining? {
    let left = expiry - now
    guard left < 30 * Self.day else { return nil }
    // A clock that was set back is no reason to be silent for long.
    if let told, told.expiry == expiry, (0..<Self.day).contains(now - told.at) { return nil }
    told = (expiry, now)
    if left < 0 { return .expired }
    return left < 7 * Self.day ? .week : .month
  }
}
