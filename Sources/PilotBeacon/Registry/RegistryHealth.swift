import PilotIdentity
import PilotTransport

extension KeyDirectoryError {
  /// Whether nothing has come from the registry. Strangers can choose nodes whose answer is an error.
  var isSilence: Bool { isTransient && cause != nil }
}

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
  private var hasAnswered = false
  private var silentAt: MonotonicInstant?

  /// Whether it has answered nothing since the start, and a lookup has found it silent within the last minute. Not for longer: where
  /// nobody is sent here because of that, nobody would be asked for, and it would stay so.
  func isUnheard(at now: MonotonicInstant) -> Bool {
    guard !hasAnswered, let silentAt else { return false }
    return now < silentAt.advanced(by: Self.interval)
  }

  /// A lookup has ended.
  /// - Returns: What to say about it.
  mutating func ended(_ failure: KeyDirectoryError?, at now: MonotonicInstant) -> News? {
    guard let failure else {
      hasAnswered = true
      defer { hasToldOfFailure = false }
      return hasToldOfFailure ? .answering : nil
    }
    if failure.isSilence { silentAt = now }
    guard now >= nextLine else { return nil }
    nextLine = now.advanced(by: Self.interval)
    hasToldOfFailure = true
    return .failing(failure)
  }
}
