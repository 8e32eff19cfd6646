import PilotWire

/// What precedes a frame's payload (RFC 6455, section 5.2):
///
///     FIN:1 RSV:3 opcode:4 · MASK:1 length:7 · [length:16 | length:64] · [masking key:32]
///
/// `length` is 0–125 itself, 126 if 16 bits follow, 127 if 64 bits follow; always the shortest form that holds it.
package struct WebSocketFrameHeader: Equatable, Sendable {
  /// Longest header, in octets: a 64-bit length and a masking key.
  package static let limit = 14

  package let opcode: WebSocketOpcode
  /// The last fragment of its message, or the only one.
  package let isFinal: Bool
  /// How the payload is masked; `nil` in the frames of a server.
  package let mask: WebSocketMask?
  /// Octets of payload as announced. Not checked against any limit of this endpoint.
  package let payloadLength: Int
  /// Octets of this header.
  package let length: Int

  /// Reads the header that starts at `offset`.
  ///
  /// - Parameters:
  ///   - bytes: what has arrived; more may follow.
  ///   - receiver: this end's role. Frames to a server must be masked, frames to a client must not be.
  /// - Returns: `nil` if the header isn't complete yet. What is already there has been checked even so, as far as it
  ///   can be: a peer that breaks the rules is found out at the first octet that shows it.
  @inline(__always)
  package static func parse(
    _ bytes: RawSpan, at offset: Int = 0, receivedBy receiver: WebSocketRole
  ) throws(WebSocketProtocolError) -> WebSocketFrameHeader? {
    let available = bytes.byteCount - offset
    guard available > 0 else { return nil }
    let first = bytes.byte(at: offset)
    guard first & 0x70 == 0 else { throw .reservedBits }
    guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { throw .unknownOpcode(first & 0x0F) }
    let isFinal = first & 0x80 != 0
    guard isFinal || !opcode.isControl else { throw .fragmentedControlFrame }

    guard available > 1 else { return nil }
    let second = bytes.byte(at: offset &+ 1)
    let isMasked = second & 0x80 != 0
    guard isMasked == (receiver == .server) else {
      throw receiver == .server ? .unmaskedClientFrame : .maskedServerFrame
    }
    var payloadLength = Int(second & 0x7F)
    guard payloadLength <= 125 || !opcode.isControl else { throw .controlFrameTooLong }

    var length = 2
    if payloadLength > 125 {
      length = payloadLength == 126 ? 4 : 10
      guard available >= length else { return nil }
      payloadLength = try extendedLength(bytes, from: offset &+ 2, to: offset &+ length)
    }
    guard isMasked else {
      return WebSocketFrameHeader(
        opcode: opcode, isFinal: isFinal, mask: nil, payloadLength: payloadLength, length: length)
    }
    guard available >= length + 4 else { return nil }
    let mask = WebSocketMask(reading: bytes, at: offset &+ length)
    return WebSocketFrameHeader(
      opcode: opcode, isFinal: isFinal, mask: mask, payloadLength: payloadLength, length: length + 4)
  }

  /// The length in 2 or 8 octets, in network order.
  @inline(__always)
  private static func extendedLength(
    _ bytes: RawSpan, from start: Int, to end: Int
  ) throws(WebSocketProtocolError) -> Int {
    if end &- start == 2 {
      let length = Int(bytes.byte(at: start)) << 8 | Int(bytes.byte(at: start &+ 1))
      guard length > 125 else { throw .lengthNotMinimal }
      return length
    }
    let length = bytes.bigEndian(at: start, as: UInt64.self)
    guard length >> 63 == 0 else { throw .lengthTooLarge }
    guard length > 0xFFFF else { throw .lengthNotMinimal }
    // Where Int has 32 bits, any length beyond it is beyond every limit too.
    return Int(clamping: length)
  }
}
