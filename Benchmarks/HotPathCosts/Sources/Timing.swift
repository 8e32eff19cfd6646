/// Measures how long the operations take, without what precedes them.
struct Stopwatch: Sendable {
  private var started = ContinuousClock.now
  private(set) var elapsed = Duration.zero

  mutating func start() { started = .now }
  mutating func stop() { elapsed = started.duration(to: .now) }
}

/// What one operation takes, at best: other work on the machine can only lengthen it.
struct Timing {
  let path: HotPath
  let nanoseconds: Double

  /// Long enough for the clock not to matter, and short enough for some runs to be undisturbed.
  private static let runLength = Duration.milliseconds(20)
  private static let runs = 9

  static func of(_ path: HotPath) async throws -> Timing {
    var count = 64
    while try await time(path, count) < runLength, count < 1 << 30 { count *= 2 }
    var best = Duration.seconds(3600)
    for _ in 0..<runs { best = min(best, try await time(path, count)) }
    return Timing(path: path, nanoseconds: best / .nanoseconds(count))
  }

  private static func time(_ path: HotPath, _ count: Int) async throws -> Duration {
    var stopwatch = Stopwatch()
    keep(try await path.run(count, &stopwatch))
    return stopwatch.elapsed
  }

  var json: String {
    let hundredths = Double(Int(nanoseconds * 100 + 0.5)) / 100
    return #"{"case":"\#(path.name)","nanoseconds":\#(hundredths),"bytes":\#(path.bytes)}"#
  }
}
