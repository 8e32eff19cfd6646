import PilotWSS
import PilotWire

/// The WebSocket decoder: `role · step · stream`. However the stream is cut, the same comes out of it, and no more memory
/// is held than the longest message needs.
enum WebSocketTarget {
  private static let limit = 300

  static func run(_ input: [UInt8]) throws(Violation) -> Bool {
    var reader = InputReader(input)
    let role: WebSocketRole = reader.number(below: 2) == 0 ? .client : .server
    let step = reader.number(below: 32) + 1
    let stream = Array(input.dropFirst(2))
    let atOnce = try outcome(of: [stream[...]], as: role)
    let parts = stride(from: 0, to: stream.count, by: step).map { stream[$0..<min($0 + step, stream.count)] }
    let inParts = try outcome(of: parts, as: role)
    guard inParts == atOnce else { throw Violation("in parts of \(step): \(inParts), at once: \(atOnce)") }
    return atOnce.error == nil && !atOnce.events.isEmpty
  }

  private struct Outcome: Equatable {
    var events: [[UInt8]] = []
    var error: WebSocketProtocolError?
  }

  private static func outcome(of parts: [ArraySlice<UInt8>], as role: WebSocketRole) throws(Violation) -> Outcome {
    var decoder = WebSocketDecoder(role: role, maximumMessageLength: limit)
    var outcome = Outcome()
    for part in parts {
      let bytes = Array(part)
      do throws(WebSocketProtocolError) {
        try decoder.feed(bytes.span.raw) { outcome.events.append(Self.copy($0)) }
      } catch {
        outcome.error = error
      }
      guard decoder.bufferedCapacity <= 2 * limit + 128 else {
        throw Violation("the decoder holds \(decoder.bufferedCapacity) octets")
      }
    }
    return outcome
  }

  /// The event, with its kind in front.
  private static func copy(_ event: WebSocketEvent) -> [UInt8] {
    switch event {
    case .binary(let bytes): [2] + bytes.copy
    case .text(let bytes): [1] + bytes.copy
    case .ping(let bytes): [9] + bytes.copy
    case .pong(let bytes): [10] + bytes.copy
    case .close(let frame): Array("\(frame)".utf8)
    }
  }
}
