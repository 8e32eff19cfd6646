import NIOCore
import PilotWSS
import PilotWire

extension HotPath {
  private static let lengths = [64, 1200, 16_384]

  static let codec: [HotPath] = lengths.flatMap { length in
    [WebSocketRole.client, .server].flatMap { sender in
      let name = sender == .client ? "masked" : "plain"
      return [
        HotPath("codec-encode-\(name)-\(length)", bytes: length) { count, stopwatch in
          encode(length, sender, count, &stopwatch)
        },
        HotPath("codec-decode-\(name)-\(length)", bytes: length) { count, stopwatch in
          try decode(length, sender, count, &stopwatch)
        },
      ]
    }
  }

  private static func encode(
    _ length: Int, _ sender: WebSocketRole, _ count: Int, _ stopwatch: inout Stopwatch
  ) -> UInt64 {
    let payloads = Samples(length: length)
    var encoder = WebSocketEncoder(role: sender)
    var buffer = ByteBuffer()
    buffer.reserveCapacity(length + 64)
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      buffer.clear()
      encoder.append(.binary, payload: payloads.bytes(at: index), into: &buffer)
      sum &+= UInt64(buffer.readableBytes)
    }
    stopwatch.stop()
    return sum
  }

  /// Frames as a read brings them: several whole ones.
  private static let framesPerRead = 8

  private static func decode(
    _ length: Int, _ sender: WebSocketRole, _ count: Int, _ stopwatch: inout Stopwatch
  ) throws -> UInt64 {
    let payloads = Samples(length: length)
    var encoder = WebSocketEncoder(role: sender)
    var buffer = ByteBuffer()
    for index in 0..<framesPerRead {
      encoder.append(.binary, payload: payloads.bytes(at: index), into: &buffer)
    }
    let read = Array(buffer.readableBytesView)
    var decoder = WebSocketDecoder(role: sender == .client ? .server : .client)
    var sum: UInt64 = 0
    var messages = 0
    stopwatch.start()
    for _ in 0..<max(1, count / framesPerRead) {
      try decoder.feed(read.span.raw) { event in
        guard case .binary(let message) = event else { return }
        messages += 1
        sum &+= UInt64(message.byteCount)
      }
    }
    stopwatch.stop()
    guard messages >= count / framesPerRead * framesPerRead else { throw UnexpectedResult(what: "messages") }
    return sum
  }
}
