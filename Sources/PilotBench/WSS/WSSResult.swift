import PilotConsole
import PilotTransport

/// What sending over a WebSocket connection gave.
struct WSSResult: Sendable {
  let isSecure: Bool
  let isBatched: Bool
  /// Bytes per frame.
  let length: Int
  let sent: WSSSender.Tally
  let received: Int
  /// From the first frame sent to the word that the last one is there.
  let elapsed: Duration
  /// What this process worked meanwhile.
  let processorTime: Duration

  /// Frames that didn't arrive.
  var lost: Int { sent.frames - received }
  /// Received ones.
  var framesPerSecond: Double { Double(received) / max(elapsed.seconds, 1e-9) }
  /// Processor seconds of this process for a million received frames.
  var secondsPerMillion: Double? {
    received > 0 ? processorTime.seconds * 1e6 / Double(received) : nil
  }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "wss", "tls": .bool(isSecure), "batched": .bool(isBatched), "length": .int(length),
      "sent": .int(sent.frames), "received": .int(received), "lost": .int(lost), "backpressure": .int(sent.refusals),
      "seconds": .double(elapsed.seconds), "frames_per_second": .double(framesPerSecond),
      "client_cpu_s_per_million": secondsPerMillion.map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "A WebSocket client, one way; CPU of the client in seconds per million frames",
      columns: ["carrier", "sends", "bytes", "sent", "lost", "queue full", "frames/s", "CPU"], leading: 2)
  }

  /// The result for people.
  var row: [String] {
    [
      isSecure ? "wss" : "ws", isBatched ? "batched" : "single", BenchFormat.count(length),
      BenchFormat.count(sent.frames), BenchFormat.count(lost), BenchFormat.count(sent.refusals),
      BenchFormat.rate(framesPerSecond), BenchFormat.digits(secondsPerMillion),
    ]
  }
}
