/// The message that is arriving: the rules of fragmentation (RFC 6455, section 5.4), the bound on a message's length,
/// and the text check. A message that lies in the read as a whole is lent from there, or from here if it is masked.
struct WebSocketMessageAssembly: ~Copyable, Sendable {
  /// Memory kept from one message to the next, in octets. A beacon holds thousands of idle connections.
  static let retainedCapacity = 2_048

  private enum State: Equatable {
    /// Between messages. The buffer is empty.
    case idle
    case binary
    case text(UTF8Validator)
  }

  private let limit: Int
  private var state = State.idle
  private var buffer = WebSocketBuffer()

  init(limit: Int) {
    self.limit = limit
  }

  var capacity: Int { buffer.capacity }

  /// Decides on a data frame by its header alone, before any of its payload is kept.
  @inline(__always)
  func admit(_ header: WebSocketFrameHeader) throws(WebSocketProtocolError) {
    switch (header.opcode, state) {
    case (.continuation, .idle): throw .nothingToContinue
    case (.continuation, _), (_, .idle): break
    default: throw .messageUnfinished
    }
    guard header.payloadLength <= limit &- buffer.count else { throw .messageTooLong(limit: limit) }
  }

  /// Takes the whole payload of an admitted data frame.
  @inline(__always)
  mutating func receive(
    _ header: WebSocketFrameHeader, _ payload: RawSpan, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) {
    if header.opcode == .binary, header.isFinal {
      lend(payload, header.mask, body)
    } else {
      begin(header)
      try append(payload, unmaskedBy: header.mask)
      try end(header, body)
    }
  }

  /// The common case: a binary message in one frame, all of it in the read.
  @inline(__always)
  private mutating func lend(_ payload: RawSpan, _ mask: WebSocketMask?, _ body: (WebSocketEvent) -> Void) {
    guard mask != nil else { return body(.binary(payload)) }
    buffer.append(payload, unmaskedBy: mask)
    body(.binary(buffer.bytes))
    buffer.removeAll()
  }

  /// Prepares for the payload of an admitted data frame to come in parts.
  mutating func begin(_ header: WebSocketFrameHeader) {
    switch header.opcode {
    case .text: state = .text(UTF8Validator())
    case .binary: state = .binary
    default: break
    }
  }

  /// Takes the next part of a payload that was begun.
  mutating func append(_ part: RawSpan, unmaskedBy mask: WebSocketMask?) throws(WebSocketProtocolError) {
    let start = buffer.count
    buffer.append(part, unmaskedBy: mask)
    guard case .text(var validator) = state else { return }
    guard validator.accept(buffer.bytes.extracting(droppingFirst: start)) else { throw .textNotUTF8 }
    state = .text(validator)
  }

  /// All of the payload has been appended: hands the message over if this was its final fragment.
  mutating func end(
    _ header: WebSocketFrameHeader, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketProtocolError) {
    guard header.isFinal else { return }
    if case .text(let validator) = state {
      guard validator.isComplete else { throw .textNotUTF8 }
      body(.text(buffer.bytes))
    } else {
      body(.binary(buffer.bytes))
    }
    state = .idle
    buffer.removeAll()
  }

  /// Gives memory back that the next message of usual length won't need.
  @inline(__always)
  mutating func trim() {
    if case .idle = state { buffer.removeAll(keepingCapacityUpTo: Self.retainedCapacity) }
  }

  /// Drops what has arrived, with its memory.
  mutating func discard() {
    state = .idle
    buffer.removeAll(keepingCapacityUpTo: 0)
  }
}
