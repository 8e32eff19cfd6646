/// Events under which a subject does something else than its model, cut down to those that it takes.
///
/// The events are values that mean something in any state, so that they can be left out: not "the third connection" but
/// "one of the last three". What a test prints is the seed, which makes the whole sequence anew, and the few events that
/// are left of it.
package struct Counterexample<Event: Sendable>: Sendable, CustomStringConvertible {
  /// The first event after which subject and model differ.
  package struct Difference: Sendable {
    package let step: Int
    package let message: String

    package init(after step: Int, _ message: String) {
      self.step = step
      self.message = message
    }
  }

  package let seed: UInt64
  /// The last one is the one that shows the difference.
  package let events: [Event]
  package let message: String

  /// How often the search plays a part of a failing sequence: a bound for its time, not for its result.
  private static var patience: Int { 4_000 }

  /// Plays a random sequence, and shortens it if it shows a difference.
  ///
  /// - Parameters:
  ///   - draw: The next event. It gets no state, so that the sequence follows from the seed alone.
  ///   - play: Takes a new subject and a new model through the events, and says where they part, if they do.
  package static func search(
    seed: UInt64, events count: Int, draw: (inout SeededRandom) -> Event,
    play: ([Event]) async throws -> Difference?
  ) async rethrows -> Self? {
    var random = SeededRandom(seed: seed)
    let sequence = (0..<count).map { _ in draw(&random) }
    guard let difference = try await play(sequence) else { return nil }
    let (events, message) = try await shortened(sequence, difference, play)
    return Self(seed: seed, events: events, message: message)
  }

  /// First the shortest prefix, then without each part that the difference doesn't need: halves, quarters, down to single
  /// events (Zeller, Hildebrandt 2002, without the complements).
  private static func shortened(
    _ sequence: [Event], _ difference: Difference, _ play: ([Event]) async throws -> Difference?
  ) async rethrows -> (events: [Event], message: String) {
    var events = Array(sequence.prefix(difference.step + 1))
    var message = difference.message
    var length = max(events.count / 2, 1)
    var left = patience
    while left > 0 {
      var start = 0
      var hasCut = false
      while start < events.count, left > 0 {
        left -= 1
        var candidate = events
        candidate.removeSubrange(start..<min(start + length, events.count))
        if let other = try await play(candidate) {
          events = Array(candidate.prefix(other.step + 1))
          message = other.message
          hasCut = true
        } else {
          start += length
        }
      }
      if length == 1, !hasCut { break }
      length = max(length / 2, 1)
    }
    return (events, message)
  }

  package var description: String {
    let steps = events.enumerated().map { "  \($0 + 1). \($1)" }.joined(separator: "\n")
    return "seed \(seed): \(message), after\n\(steps)"
  }
}
