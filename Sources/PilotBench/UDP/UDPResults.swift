import PilotConsole
import PilotTransport

/// What sending to sockets gave.
struct DatagramResult: Sendable {
  let benchCase: UDPBenchCase
  /// Bytes per frame.
  let length: Int
  /// From the first frame sent to the last one received.
  var elapsed: Duration
  /// Tasks that sent, where there can be several.
  var senders: Int?
  /// nil if the sending end is elsewhere.
  var sent: Int?
  /// nil if the receiving end is elsewhere.
  var received: Int?
  /// What the sending threads worked.
  var senderTime: Duration?
  /// What the receiving threads worked.
  var receiverTime: Duration?

  init(benchCase: UDPBenchCase, length: Int, elapsed: Duration) {
    self.benchCase = benchCase
    self.length = length
    self.elapsed = elapsed
  }

  /// Sent, and not received.
  var lost: Int? {
    guard let sent, let received else { return nil }
    return sent - received
  }

  /// Received ones, or sent ones if only that end is here.
  var datagramsPerSecond: Double? {
    (received ?? sent).map { Double($0) / max(elapsed.seconds, 1e-9) }
  }

  /// Processor time of the sending threads, in microseconds per datagram sent.
  var senderMicroseconds: Double? { Self.microseconds(senderTime, per: sent) }
  /// Processor time of the receiving threads, in microseconds per datagram received.
  var receiverMicroseconds: Double? { Self.microseconds(receiverTime, per: received) }

  /// Datagrams sent in a second of the senders' processor time.
  var datagramsPerProcessorSecond: Double? {
    guard let sent, let senderTime, senderTime > .zero else { return nil }
    return Double(sent) / senderTime.seconds
  }

  private static func microseconds(_ time: Duration?, per count: Int?) -> Double? {
    guard let time, let count, count > 0 else { return nil }
    return time.seconds * 1e6 / Double(count)
  }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "udp", "case": .string(benchCase.rawValue), "length": .int(length),
      "senders": senders.map { .int($0) }, "sent": sent.map { .int($0) }, "received": received.map { .int($0) },
      "lost": lost.map { .int($0) }, "seconds": .double(elapsed.seconds),
      "datagrams_per_second": datagramsPerSecond.map { .double($0) },
      "datagrams_per_cpu_second": senders.flatMap { _ in datagramsPerProcessorSecond.map { .double($0) } },
      "sender_cpu_us": senderMicroseconds.map { .double($0) },
      "receiver_cpu_us": receiverMicroseconds.map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Datagrams; CPU in µs of the thread per datagram",
      columns: [
        "case", "bytes", "senders", "sent", "lost", "datagrams/s", "sender CPU", "receiver CPU", "sent per CPU-s",
      ])
  }

  /// The result for people.
  var row: [String] {
    [
      benchCase.rawValue, BenchFormat.count(length), String(senders ?? 1), sent.map(BenchFormat.count) ?? "–",
      lost.map(BenchFormat.count) ?? "–", BenchFormat.rate(datagramsPerSecond),
      BenchFormat.digits(senderMicroseconds), BenchFormat.digits(receiverMicroseconds),
      BenchFormat.rate(datagramsPerProcessorSecond),
    ]
  }
}

/// What round trips took.
struct RoundTripResult: Sendable {
  /// Bytes per frame.
  let length: Int
  let times: LatencyHistogram

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "udp", "case": .string(UDPBenchCase.roundTrip.rawValue), "length": .int(length),
      "rounds": .int(times.count), "rtt_p50_us": times.microseconds(50).map { .double($0) },
      "rtt_p99_us": times.microseconds(99).map { .double($0) },
      "rtt_p999_us": times.microseconds(99.9).map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable("Round trips, in µs", columns: ["case", "bytes", "rounds", "p50", "p99", "p99.9"])
  }

  /// The result for people.
  var row: [String] {
    [UDPBenchCase.roundTrip.rawValue, BenchFormat.count(length), BenchFormat.count(times.count)]
      + [50, 99, 99.9].map { BenchFormat.digits(times.microseconds($0)) }
  }
}
