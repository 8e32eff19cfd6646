import NIOCore
import PilotTesting
import PilotWire

@testable import PilotWSS

/// An event with its bytes copied, so that it can be kept and compared.
enum RecordedEvent: Equatable {
  case binary([UInt8])
  case text([UInt8])
  case ping([UInt8])
  case pong([UInt8])
  case close(WebSocketCloseFrame)

  init(_ event: WebSocketEvent) {
    switch event {
    case .binary(let bytes): self = .binary(bytes.copiedOctets)
    case .text(let bytes): self = .text(bytes.copiedOctets)
    case .ping(let bytes): self = .ping(bytes.copiedOctets)
    case .pong(let bytes): self = .pong(bytes.copiedOctets)
    case .close(let frame): self = .close(frame)
    }
  }
}

/// All that a decoder made of a stream.
struct Recording: Equatable {
  var events: [RecordedEvent] = []
  var error: WebSocketProtocolError?

  /// Feeds `parts` one after the other, also those after an error: they must change nothing.
  static func of(
    _ parts: [[UInt8]], role: WebSocketRole = .client, maximumMessageLength: Int = 65_536
  ) -> Recording {
    var decoder = WebSocketDecoder(role: role, maximumMessageLength: maximumMessageLength)
    var recording = Recording()
    for part in parts { recording.feed(part, to: &decoder) }
    return recording
  }

  mutating func feed(_ part: [UInt8], to decoder: inout WebSocketDecoder) {
    do {
      try decoder.feed(part.span.raw) { events.append(RecordedEvent($0)) }
    } catch {
      self.error = error
    }
  }
}

/// Bytes of a frame, built without the product's encoder, and able to break every rule.
struct RawFrame {
  enum LengthForm { case shortest, sixteenBits, sixtyFourBits }

  var opcode: UInt8
  var payload: [UInt8] = []
  var isFinal = true
  var reserved: UInt8 = 0
  var mask: [UInt8]?
  var lengthForm = LengthForm.shortest
  /// Announced instead of the payload's real length.
  var announced: UInt64?

  static func text(_ text: String, mask: [UInt8]? = nil) -> RawFrame {
    RawFrame(opcode: 1, payload: Array(text.utf8), mask: mask)
  }

  static func binary(_ payload: [UInt8], mask: [UInt8]? = nil) -> RawFrame {
    RawFrame(opcode: 2, payload: payload, mask: mask)
  }

  static func close(_ code: UInt16, _ reason: [UInt8] = []) -> RawFrame {
    RawFrame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
  }

  var bytes: [UInt8] {
    let length = announced ?? UInt64(payload.count)
    let form =
      switch lengthForm {
      case .shortest: length <= 125 ? 0 : length <= 0xFFFF ? 2 : 8
      case .sixteenBits: 2
      case .sixtyFourBits: 8
      }
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
    bytes.append(maskBit | (form == 0 ? UInt8(length) : form == 2 ? 126 : 127))
    for index in 0..<form { bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * (form - 1 - index)))) }
    guard let mask else { return bytes + payload }
    return bytes + mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
  }
}

extension RawSpan {
  var copiedOctets: [UInt8] { byteOffsets.map { byte(at: $0) } }
}

extension WebSocketSession {
  mutating func receivePing(_ payload: [UInt8]) {
    receivePing(payload.span.raw)
  }
}

extension WebSocketEncoder {
  /// What one call appends to an empty buffer.
  mutating func encoded(_ write: (inout WebSocketEncoder, inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer()
    write(&self, &buffer)
    return Array(buffer.readableBytesView)
  }
}

extension Array where Element == UInt8 {
  /// The bytes in parts of random length, some of them empty.
  func cut(by generator: inout SeededRandom) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var rest = self[...]
    while !rest.isEmpty {
      let longest = Bool.random(using: &generator) ? 3 : rest.count
      let part = rest.prefix(Int.random(in: 0...longest, using: &generator))
      parts.append(Array(part))
      rest = rest.dropFirst(part.count)
    }
    return parts
  }
}
