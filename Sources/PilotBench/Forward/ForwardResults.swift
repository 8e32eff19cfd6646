import PilotConsole
import PilotTransport

/// What a flood through `pilot forward` gave.
struct ForwardFloodResult: Sendable {
  let path: ForwardBenchPath
  let benchCase: ForwardBenchCase
  /// The payload's bytes.
  let length: Int
  let window: Int
  let sent: Int
  let delivered: Int
  /// From the first datagram sent to the last one delivered.
  let elapsed: Duration
  /// What the processes worked meanwhile.
  let work: ForwardPair.Work
  /// Datagrams that came as they weren't sent, or more than once.
  var invalid = 0

  init(
    path: ForwardBenchPath, benchCase: ForwardBenchCase, length: Int, window: Int, sent: Int, delivered: Int,
    elapsed: Duration, work: ForwardPair.Work
  ) {
    (self.path, self.benchCase, self.length, self.window) = (path, benchCase, length, window)
    (self.sent, self.delivered, self.elapsed, self.work) = (sent, delivered, elapsed, work)
  }

  /// Datagrams that didn't arrive.
  var lost: Int { sent - delivered }
  /// Delivered ones.
  var datagramsPerSecond: Double { Double(delivered) / max(elapsed.seconds, 1e-9) }
  /// How many the busier of the two forwards takes with a second of processor time; nil if the system doesn't tell.
  var datagramsPerCore: Double? {
    let busier = max(work.near, work.far)
    return busier > .zero ? Double(delivered) / busier.seconds : nil
  }

  /// Processor time in microseconds per datagram delivered.
  private func microseconds(_ time: Duration) -> Double? {
    time > .zero && delivered > 0 ? time.seconds * 1e6 / Double(delivered) : nil
  }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "forward", "path": .string(path.rawValue), "case": .string(benchCase.rawValue), "length": .int(length),
      "window": .int(window), "sent": .int(sent), "delivered": .int(delivered), "lost": .int(lost),
      "invalid": invalid > 0 ? .int(invalid) : nil, "seconds": .double(elapsed.seconds),
      "datagrams_per_second": .double(datagramsPerSecond),
      "datagrams_per_cpu_second": datagramsPerCore.map { .double($0) },
      "client_side_cpu_us": microseconds(work.near).map { .double($0) },
      "service_side_cpu_us": microseconds(work.far).map { .double($0) },
      "beacon_cpu_us": path == .direct ? nil : microseconds(work.beacon).map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Datagrams through pilot forward; CPU of each process in µs per datagram",
      columns: [
        "path", "case", "bytes", "sent", "lost", "datagrams/s", "per core", "client side", "service side", "beacon",
      ], leading: 2)
  }

  /// The result for people.
  var row: [String] {
    [
      path.rawValue, benchCase.rawValue, BenchFormat.count(length), BenchFormat.count(sent), BenchFormat.count(lost),
      BenchFormat.rate(datagramsPerSecond), BenchFormat.rate(datagramsPerCore),
      BenchFormat.digits(microseconds(work.near)), BenchFormat.digits(microseconds(work.far)),
      path == .direct ? "–" : BenchFormat.digits(microseconds(work.beacon)),
    ]
  }
}

/// What round trips through `pilot forward` took, beside those without anything between.
struct ForwardRoundTripResult: Sendable {
  let path: ForwardBenchPath
  let forwarded: RoundTripResult
  let bare: RoundTripResult

  /// What each side adds to the median, in microseconds: half of the difference.
  var addedPerSide: Double? {
    guard let forwarded = forwarded.times.microseconds(50), let bare = bare.times.microseconds(50) else { return nil }
    return (forwarded - bare) / 2
  }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "forward", "path": .string(path.rawValue), "case": .string(ForwardBenchCase.roundTrip.rawValue),
      "length": .int(forwarded.length), "rounds": .int(forwarded.times.count),
      "rtt_p50_us": forwarded.times.microseconds(50).map { .double($0) },
      "rtt_p99_us": forwarded.times.microseconds(99).map { .double($0) },
      "bare_rtt_p50_us": bare.times.microseconds(50).map { .double($0) },
      "bare_rtt_p99_us": bare.times.microseconds(99).map { .double($0) },
      "added_per_side_us": addedPerSide.map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Round trips through pilot forward, in µs",
      columns: ["path", "bytes", "rounds", "p50", "p99", "p50 without", "p99 without", "added per side"])
  }

  /// The result for people.
  var row: [String] {
    [path.rawValue, BenchFormat.count(forwarded.length), BenchFormat.count(forwarded.times.count)]
      + [forwarded, bare].flatMap { result in [50, 99].map { BenchFormat.digits(result.times.microseconds($0)) } }
      + [BenchFormat.digits(addedPerSide)]
  }
}
