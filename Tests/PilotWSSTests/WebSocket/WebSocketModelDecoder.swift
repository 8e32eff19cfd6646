@testable import PilotWSS

/// A decoder that is plainly right: it has the whole stream, copies everything, and checks one rule after the other.
/// The product's decoder is compared with it on random streams.
struct WebSocketModelDecoder {
  let isServer: Bool
  let limit: Int

  private struct Stop: Error {
    let error: WebSocketProtocolError?
  }

  func decode(_ stream: [UInt8]) -> Recording {
    var recording = Recording()
    do throws(Stop) {
      try decode(stream[...], &recording.events)
    } catch {
      recording.error = error.error
    }
    return recording
  }

  private func decode(_ stream: ArraySlice<UInt8>, _ events: inout [RecordedEvent]) throws(Stop) {
    var rest = stream
    var message: (isText: Bool, bytes: [UInt8])?

    func take(_ count: Int) throws(Stop) -> [UInt8] {
      guard rest.count >= count else { throw Stop(error: nil) }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    func require(_ condition: Bool, _ error: WebSocketProtocolError) throws(Stop) {
      if !condition { throw Stop(error: error) }
    }

    while true {
      let first = try take(1)[0]
      try require(first & 0x70 == 0, .reservedBits)
      let opcode = first & 0x0F
      try require([0, 1, 2, 8, 9, 10].contains(opcode), .unknownOpcode(opcode))
      let isFinal = first & 0x80 != 0
      try require(opcode < 8 || isFinal, .fragmentedControlFrame)

      let second = try take(1)[0]
      let isMasked = second & 0x80 != 0
      try require(isMasked == isServer, isServer ? .unmaskedClientFrame : .maskedServerFrame)
      var length = UInt64(second & 0x7F)
      try require(opcode < 8 || length <= 125, .controlFrameTooLong)
      if length == 126 {
        length = try take(2).reduce(0) { $0 << 8 | UInt64($1) }
        try require(length > 125, .lengthNotMinimal)
      } else if length == 127 {
        length = try take(8).reduce(0) { $0 << 8 | UInt64($1) }
        try require(length < 1 << 63, .lengthTooLarge)
        try require(length > 0xFFFF, .lengthNotMinimal)
      }
      let mask = isMasked ? try take(4) : [0, 0, 0, 0]

      if opcode < 8 {
        try require(opcode != 0 || message != nil, .nothingToContinue)
        try require(opcode == 0 || message == nil, .messageUnfinished)
        try require(length <= UInt64(limit - (message?.bytes.count ?? 0)), .messageTooLong(limit: limit))
      }
      let isWhole = UInt64(rest.count) >= length
      let payload = try take(min(rest.count, Int(length))).enumerated().map { $0.element ^ mask[$0.offset % 4] }

      if opcode >= 8 {
        guard isWhole else { throw Stop(error: nil) }
        try control(opcode, payload, &events)
        continue
      }
      var assembled = message ?? (opcode == 1, [])
      assembled.bytes += payload
      if assembled.isText {
        try require(Self.canBecomeUTF8(assembled.bytes), .textNotUTF8)
      }
      guard isWhole else { throw Stop(error: nil) }
      guard isFinal else {
        message = assembled
        continue
      }
      message = nil
      if assembled.isText {
        try require(Self.isUTF8(assembled.bytes), .textNotUTF8)
        events.append(.text(assembled.bytes))
      } else {
        events.append(.binary(assembled.bytes))
      }
    }
  }

  private func control(_ opcode: UInt8, _ payload: [UInt8], _ events: inout [RecordedEvent]) throws(Stop) {
    switch opcode {
    case 9: events.append(.ping(payload))
    case 10: events.append(.pong(payload))
    default:
      guard !payload.isEmpty else {
        events.append(.close(.empty))
        throw Stop(error: nil)
      }
      guard payload.count > 1 else { throw Stop(error: .closePayloadOfOneOctet) }
      let raw = UInt16(payload[0]) * 256 + UInt16(payload[1])
      guard let code = WebSocketCloseCode(rawValue: raw) else { throw Stop(error: .invalidCloseCode(raw)) }
      guard let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else {
        throw Stop(error: .closeReasonNotUTF8)
      }
      events.append(.close(WebSocketCloseFrame(code, reason: reason)))
      throw Stop(error: nil)
    }
  }

  static func isUTF8(_ bytes: [UInt8]) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  /// Whether some continuation makes the bytes valid. The lowest or the highest continuation octet always fits where
  /// any does, and at most three are missing.
  static func canBecomeUTF8(_ bytes: [UInt8]) -> Bool {
    let endings: [[UInt8]] = [
      [], [0x80], [0xBF], [0x80, 0x80], [0xBF, 0x80], [0x80, 0x80, 0x80], [0xBF, 0x80, 0x80],
    ]
    return endings.contains { isUTF8(bytes + $0) }
  }
}
