import PilotWire

/// The payload of a control frame, held inline: a pong that waits to be sent costs no allocation.
package struct WebSocketControlPayload: Sendable {
  /// Longest payload of a control frame, in octets (RFC 6455, section 5.5).
  package static let limit = 125

  private var storage = InlineArray<125, UInt8>(repeating: 0)
  private var length: UInt8 = 0

  /// An empty payload.
  package init() {}

  /// A copy of the first ``limit`` octets of `bytes`. What the decoder lends is never longer.
  package init(_ bytes: RawSpan) {
    for offset in 0..<min(bytes.byteCount, Self.limit) { append(bytes.byte(at: offset)) }
  }

  package var count: Int { Int(length) }

  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get { storage.span.raw.extracting(first: count) }
  }

  /// An octet beyond ``limit`` is not taken.
  mutating func append(_ octet: UInt8) {
    guard count < Self.limit else { return }
    storage[count] = octet
    length += 1
  }
}

extension WebSocketControlPayload: Equatable {
  package static func == (left: WebSocketControlPayload, right: WebSocketControlPayload) -> Bool {
    left.count == right.count && (0..<left.count).allSatisfy { left.storage[$0] == right.storage[$0] }
  }
}
