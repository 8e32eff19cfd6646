/// What a frame carries (RFC 6455, section 5.2). The opcodes 3–7 and 11–15 are reserved and can't be represented.
package enum WebSocketOpcode: UInt8, Equatable, Sendable, CaseIterable {
  case continuation = 0x0
  case text = 0x1
  case binary = 0x2
  case close = 0x8
  case ping = 0x9
  case pong = 0xA

  /// Control frames may stand between the fragments of a message, are never fragmented themselves, and carry at most
  /// ``WebSocketControlPayload/limit`` octets (RFC 6455, section 5.5).
  @inline(__always)
  package var isControl: Bool { rawValue & 0x8 != 0 }
}
