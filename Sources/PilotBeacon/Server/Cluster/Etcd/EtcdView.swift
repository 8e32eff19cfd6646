import PilotTransport

/// What a beacon does next to hear of all others in etcd: read everything, page by page and of one revision, then hear what has changed
/// since, from where it was broken off if it was.
///
/// No clock and no socket: each answer is a call.
struct EtcdView: Sendable {
  enum Step: Equatable {
    /// Read the next page, from a key on; of which revision, unless it is the first.
    case read(from: [UInt8], revision: Int64?)
    /// Hear of changes from a revision on.
    case watch(from: Int64)
    case wait(until: MonotonicInstant)
  }

  private enum State: Equatable {
    case reading(from: [UInt8], revision: Int64?)
    /// What has been heard of last.
    case watching(revision: Int64)
  }

  private let start: [UInt8]
  private var state: State
  private var backoff: Backoff
  private var retryAt = MonotonicInstant.start

  /// - Parameter start: The first key that there can be.
  init(from start: [UInt8]) {
    self.start = start
    state = .reading(from: start, revision: nil)
    var pauses = Backoff.Configuration()
    pauses.maximum = .seconds(10)
    backoff = Backoff(pauses)
  }

  func next(at now: MonotonicInstant) -> Step {
    if now < retryAt { return .wait(until: retryAt) }
    switch state {
    case .reading(let key, let revision): return .read(from: key, revision: revision)
    case .watching(let revision): return .watch(from: revision + 1)
    }
  }

  /// Whether the next page is the first one.
  var isAtStart: Bool { state == .reading(from: start, revision: nil) }

  /// A page has come.
  ///
  /// - Parameters:
  ///   - last: Its last key, if more follow.
  ///   - revision: Of what it is.
  /// - Returns: Whether that was all.
  mutating func read(upTo last: [UInt8]?, of revision: Int64) -> Bool {
    guard case .reading(_, let pinned) = state else { return false }
    let revision = pinned ?? revision
    guard let last else {
      state = .watching(revision: revision)
      return true
    }
    state = .reading(from: last + [0], revision: revision)
    return false
  }

  /// The watch has begun.
  ///
  /// - Parameter revision: The newest one that there is.
  /// - Returns: Whether changes will be heard: not of one that is older than what has been heard of before, since all has been wiped.
  mutating func watchBegan(at revision: Int64) -> Bool {
    guard case .watching(let heard) = state, revision >= heard else {
      startOver()
      return false
    }
    backoff.reset()
    return true
  }

  /// Changes have come.
  mutating func heard(upTo revision: Int64) {
    guard case .watching(let heard) = state, revision > heard else { return }
    state = .watching(revision: revision)
  }

  /// What would have to be heard isn't kept any more, or some of it got lost on the way.
  mutating func startOver() { state = .reading(from: start, revision: nil) }

  /// A request has failed, or the watch has ended. It goes on from there after a pause.
  ///
  /// - Parameter random: Uniform in 0..<1.
  mutating func failed(random: Double, at now: MonotonicInstant) {
    retryAt = now.advanced(by: backoff.next(random: random))
  }
}
