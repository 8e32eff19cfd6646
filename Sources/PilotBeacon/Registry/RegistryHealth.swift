import PilotIdentity
import PilotTransport

/// Tells when a registry begins to fail, goes on failing, and answers again: what an operator has to know, since nobody else
/// learns more than that a key can't be looked up at the moment. A value without I/O.
///
/// Whoever asks for odd nodes can make a registry answer with an error: one line a minute is the most that this costs, and
/// one that it answers.
struct RegistryHealth {
  /// What there is to say.
  enum News {
    /// Lookups fail, this one for this reason.
    case failing(KeyDirectoryError)
    /// The first answer after that.
    case answering
  }

  /// How long nothing is said about further failures.
  static let interval = Duration.seconds(60)

  private var nextLine = MonotonicInstant.start
  private var hasToldOfFailure = false

  /// A lookup has ended.
  /// - Returns: What to say about it.
  mutating func ended(_ failure: KeyDirectoryError?, at now: MonotonicInstant) -> News? {
    guard let failure else {
      defer { hasToldOfFailure = false }
      return hasToldOfFailure ? .answering : nil
    }
    guard now >= nextLine else { return nil }
    nextLine = now.advanced(by: Self.interval)
    hasToldOfFailure = true
    return .failing(failure)
  }
}
