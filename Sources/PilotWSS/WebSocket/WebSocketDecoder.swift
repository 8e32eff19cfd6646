import PilotWire

/// Turns what arrives on a connection into messages and control frames, strictly by RFC 6455: the first octet that
/// breaks a rule ends it, before anything is buffered on its account.
///
/// A message whose single frame lies in the read as a whole is lent from the read (unmasked frames) or from a scratch
/// buffer that is used again (masked ones), with no allocation. Anything else is collected in a buffer that never holds
/// more than the longest message, grows only with what has arrived, and is given back when it was large.
///
/// Bounds: at most `maximumMessageLength` octets of a message that is arriving, twice that in memory; between messages
/// at most 2 KiB; beside either 128 octets for a control frame. Time is linear in the octets fed.
package struct WebSocketDecoder: ~Copyable, Sendable {
  private enum Stage {
    /// Before a header, or within one whose first octets are in `partialHeader`.
    case header
    /// Within the payload of an admitted frame, after `received` octets of it.
    case payload(WebSocketFrameHeader, received: Int)
    /// After a Close or an error: what follows is ignored (RFC 6455, sections 5.5.1 and 7.1.7).
    case ended
  }

  private let role: WebSocketRole
  private var stage = Stage.header
  private var partialHeader = PartialWebSocketHeader()
  private var message: WebSocketMessageAssembly
  private var control = WebSocketBuffer()

  /// - Parameters:
  ///   - role: this end's role, which decides whether frames must come masked.
  ///   - maximumMessageLength: longest message taken, in octets, however it is fragmented. Default 65,536.
  package init(role: WebSocketRole, maximumMessageLength: Int = FrameLimits.maximumMessageOverWSS) {
    self.role = role
    self.message = WebSocketMessageAssembly(limit: max(0, maximumMessageLength))
  }

  /// Whether a Close or an error has ended the stream.
  package var hasEnded: Bool { if case .ended = stage { true } else { false } }

  /// Octets of memory held for what has arrived in part, and as scratch.
  package var bufferedCapacity: Int { message.capacity + control.capacity }

  /// Takes the next octets of the stream, cut anywhere, and hands over what they complete, in order.
  ///
  /// `body` must not reach this decoder again, not even indirectly (a channel closed from within it may call back):
  /// Swift's exclusivity check would stop the process. Collect what is to be done, and do it after this returns.
  ///
  /// - Throws: the first broken rule, after the events that precede it. The decoder has ended then.
  @inline(__always)
  package mutating func feed(
    _ bytes: RawSpan, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) {
    do {
      let start = expectsHeader && partialHeader.isEmpty ? 0 : try resume(bytes, body)
      try decode(bytes, from: start, body)
    } catch {
      end()
      throw error
    }
    message.trim()
  }

  @inline(__always)
  private var expectsHeader: Bool { if case .header = stage { true } else { false } }

  /// Frames that start in this read.
  @inline(__always)
  private mutating func decode(
    _ bytes: RawSpan, from start: Int, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) {
    var offset = start
    while offset < bytes.byteCount, expectsHeader {
      guard let header = try WebSocketFrameHeader.parse(bytes, at: offset, receivedBy: role) else {
        return partialHeader.append(bytes.extracting(droppingFirst: offset))
      }
      if !header.opcode.isControl { try message.admit(header) }
      offset &+= header.length
      guard header.payloadLength <= bytes.byteCount &- offset else {
        return try begin(header, bytes.extracting(droppingFirst: offset))
      }
      let payload = bytes.extracting(offset..<offset &+ header.payloadLength)
      offset &+= header.payloadLength
      if header.opcode.isControl {
        try receiveControl(header, payload, body)
      } else {
        try message.receive(header, payload, body)
      }
    }
  }

  /// Goes on with a frame that an earlier read left unfinished.
  ///
  /// - Returns: how many octets that took.
  private mutating func resume(
    _ bytes: RawSpan, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) -> Int {
    var offset = 0
    if expectsHeader {
      guard let header = try partialHeader.complete(with: bytes, consumed: &offset, receivedBy: role) else {
        return bytes.byteCount
      }
      if !header.opcode.isControl { try message.admit(header) }
      try begin(header, RawSpan())
      // A frame without payload is complete with its header.
      if header.payloadLength == 0 { try finish(header, body) }
    }
    guard case .payload(let header, let received) = stage else {
      return hasEnded ? bytes.byteCount : offset
    }
    let rest = bytes.extracting(droppingFirst: offset)
    let part = rest.extracting(first: header.payloadLength &- received)
    try take(part, of: header, after: received)
    if received &+ part.byteCount == header.payloadLength { try finish(header, body) }
    return offset &+ part.byteCount
  }

  /// Enters a frame whose payload isn't all there, with the part that is.
  private mutating func begin(_ header: WebSocketFrameHeader, _ part: RawSpan) throws(WebSocketProtocolError) {
    if !header.opcode.isControl { message.begin(header) }
    try take(part, of: header, after: 0)
  }

  private mutating func take(
    _ part: RawSpan, of header: WebSocketFrameHeader, after received: Int
  ) throws(WebSocketProtocolError) {
    let mask = header.mask?.advanced(by: received)
    if header.opcode.isControl {
      control.append(part, unmaskedBy: mask)
    } else {
      try message.append(part, unmaskedBy: mask)
    }
    stage = .payload(header, received: received &+ part.byteCount)
  }

  private mutating func finish(
    _ header: WebSocketFrameHeader, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) {
    stage = .header
    if header.opcode.isControl {
      try lendControl(header.opcode, body)
    } else {
      try message.end(header, body)
    }
  }

  /// Takes the whole payload of a control frame.
  private mutating func receiveControl(
    _ header: WebSocketFrameHeader, _ payload: RawSpan, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) {
    control.append(payload, unmaskedBy: header.mask)
    try lendControl(header.opcode, body)
  }

  private mutating func lendControl(
    _ opcode: WebSocketOpcode, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) {
    switch opcode {
    case .ping: body(.ping(control.bytes))
    case .pong: body(.pong(control.bytes))
    default:
      body(.close(try WebSocketCloseFrame(payload: control.bytes)))
      end()
    }
    control.removeAll()
  }

  private mutating func end() {
    stage = .ended
    message.discard()
    control.removeAll(keepingCapacityUpTo: 0)
  }
}
