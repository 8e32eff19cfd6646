package import NIOCore

/// Writes frames, any number of them into one buffer: what is flushed together becomes one write and one TLS record.
///
/// A client's frames are masked with a fresh key each, a server's are not (RFC 6455, section 5.1). Every message is one
/// frame. Header and payload are written in one go, with no copy in between and no allocation but the buffer's growth.
package struct WebSocketEncoder: Sendable {
  private let role: WebSocketRole
  private var keys = MaskingKeyPool()

  /// - Parameter role: this end's role.
  package init(role: WebSocketRole) {
    self.role = role
  }

  /// Octets that `append` adds to a payload of `payloadLength` octets: 2–14.
  package func overhead(forPayloadOf payloadLength: Int) -> Int {
    let length = payloadLength <= 125 ? 2 : payloadLength <= 0xFFFF ? 4 : 10
    return role == .client ? length + 4 : length
  }

  /// Appends one frame.
  ///
  /// - Parameters:
  ///   - opcode: `.text` or `.binary` for a message; the caller answers for a text being UTF-8. A control frame takes
  ///     the first 125 octets of `payload`, the most it can carry. `.continuation` is never right here.
  ///   - payload: copied, not changed.
  ///   - buffer: grows as needed.
  @inline(__always)
  package mutating func append(_ opcode: WebSocketOpcode, payload: RawSpan, into buffer: inout ByteBuffer) {
    append(opcode, head: payload, body: RawSpan(), into: &buffer)
  }

  /// Appends one frame whose payload is `head` followed by `body`, such as a relay header and what it relays.
  @inline(__always)
  package mutating func append(
    _ opcode: WebSocketOpcode, head: RawSpan, body: RawSpan, into buffer: inout ByteBuffer
  ) {
    if opcode.isControl {
      let head = head.extracting(first: WebSocketControlPayload.limit)
      let body = body.extracting(first: WebSocketControlPayload.limit - head.byteCount)
      write(opcode, head, body, into: &buffer)
    } else {
      write(opcode, head, body, into: &buffer)
    }
  }

  /// Appends a Ping of the first 125 octets of `payload`.
  package mutating func appendPing(_ payload: RawSpan, into buffer: inout ByteBuffer) {
    append(.ping, payload: payload, into: &buffer)
  }

  /// Appends a Pong, with the payload of the Ping that it answers.
  package mutating func appendPong(_ payload: WebSocketControlPayload, into buffer: inout ByteBuffer) {
    append(.pong, payload: payload.bytes, into: &buffer)
  }

  /// Appends a Close. No frame may follow it.
  package mutating func appendClose(_ close: WebSocketCloseFrame, into buffer: inout ByteBuffer) {
    let payload = close.payload
    append(.close, payload: payload.bytes, into: &buffer)
  }

  @inline(__always)
  private mutating func write(
    _ opcode: WebSocketOpcode, _ head: RawSpan, _ body: RawSpan, into buffer: inout ByteBuffer
  ) {
    let count = head.byteCount &+ body.byteCount
    let mask = role == .client ? keys.next() : nil
    buffer.writeWithOutputRawSpan(minimumWritableBytes: count + WebSocketFrameHeader.limit) { output in
      Self.appendHeader(opcode, count, isMasked: mask != nil, to: &output)
      if let mask {
        mask.appendKey(to: &output)
        mask.append(head, to: &output)
        // The key's phase runs on from the head into the body.
        if !body.isEmpty { mask.advanced(by: head.byteCount).append(body, to: &output) }
      } else {
        output.appendCopy(of: head)
        if !body.isEmpty { output.appendCopy(of: body) }
      }
    }
  }

  /// A header as ``WebSocketFrameHeader`` lays it out, up to the key, with FIN and the shortest length.
  @inline(__always)
  @_lifetime(output: copy output)
  private static func appendHeader(
    _ opcode: WebSocketOpcode, _ count: Int, isMasked: Bool, to output: inout OutputRawSpan
  ) {
    let maskBit: UInt8 = isMasked ? 0x80 : 0
    output.append(0x80 | opcode.rawValue)
    if count <= 125 {
      output.append(maskBit | UInt8(truncatingIfNeeded: count))
    } else if count <= 0xFFFF {
      output.append(maskBit | 126)
      output.append(UInt8(truncatingIfNeeded: count >> 8))
      output.append(UInt8(truncatingIfNeeded: count))
    } else {
      output.append(maskBit | 127)
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        output.append(UInt8(truncatingIfNeeded: UInt64(count) >> shift))
      }
    }
  }
}
