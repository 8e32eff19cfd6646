import PilotTransport

/// Knows when the last frame has come by seeing that no other one does.
struct Silence: Sendable {
  /// How long nothing may come before it counts as over.
  var limit: Duration
  /// How often the count is looked at, which is also how exactly the times are known. Default 5 ms.
  var interval: Duration = .milliseconds(5)

  /// Between which instants a count rose.
  struct Span: Sendable, Equatable {
    /// When the first frame was seen.
    var first: MonotonicInstant
    /// When the last frame was seen.
    var last: MonotonicInstant
  }

  /// Waits for a count to rise, however long that takes, and then for it to stand still.
  ///
  /// - Returns: nil if the task was cancelled before the count rose.
  func span(of count: () -> Int) async -> Span? {
    let atFirst = count()
    while count() == atFirst {
      guard (try? await Task.sleep(for: interval)) != nil else { return nil }
    }
    let first = MonotonicInstant.now()
    return Span(first: first, last: await end(of: count, expected: .max))
  }

  /// Waits for a count to stand still, or to be what it is expected to become.
  ///
  /// - Returns: When it rose for the last time; now, if it rose no more.
  func end(of count: () -> Int, expected: Int) async -> MonotonicInstant {
    var seen = count()
    var last = MonotonicInstant.now()
    while seen < expected, last.duration(to: .now()) < limit, (try? await Task.sleep(for: interval)) != nil {
      let now = count()
      if now != seen { (seen, last) = (now, .now()) }
    }
    return last
  }
}
