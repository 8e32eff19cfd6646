import PilotWire

/// The first octets of a header that a read was cut in.
struct PartialWebSocketHeader: Sendable {
  private var storage = InlineArray<14, UInt8>(repeating: 0)
  private var count = 0

  init() {}

  @inline(__always)
  var isEmpty: Bool { count == 0 }

  /// Takes as many octets as a header can have.
  mutating func append(_ bytes: RawSpan) {
    for offset in 0..<min(bytes.byteCount, WebSocketFrameHeader.limit - count) {
      storage[count] = bytes.byte(at: offset)
      count += 1
    }
  }

  /// Goes on with `bytes`, and is empty again once the header is complete.
  ///
  /// - Parameter consumed: how many of `bytes` belong to the header; set when there is one.
  /// - Returns: `nil` if the header needs still more; all of `bytes` is kept then.
  mutating func complete(
    with bytes: RawSpan, consumed: inout Int, receivedBy receiver: WebSocketRole
  ) throws(WebSocketProtocolError) -> WebSocketFrameHeader? {
    let before = count
    append(bytes)
    let collected = storage.span.raw.extracting(first: count)
    guard let header = try WebSocketFrameHeader.parse(collected, receivedBy: receiver) else { return nil }
    consumed = header.length - before
    count = 0
    return header
  }
}
