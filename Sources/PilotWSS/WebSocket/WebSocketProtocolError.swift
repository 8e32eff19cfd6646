/// How a peer broke RFC 6455. The connection is beyond repair: send a Close with ``closeCode``, then close TCP
/// (section 7.1.7).
package enum WebSocketProtocolError: Error, Equatable, Sendable {
  /// RSV1–3 set, though no extension was negotiated (section 5.2).
  case reservedBits
  /// Opcode 3–7 or 11–15 (section 5.2).
  case unknownOpcode(UInt8)
  /// A client must mask (section 5.1).
  case unmaskedClientFrame
  /// A server must not mask (section 5.1).
  case maskedServerFrame
  /// A Close, Ping or Pong without FIN (section 5.5).
  case fragmentedControlFrame
  /// A Close, Ping or Pong of more than 125 octets (section 5.5).
  case controlFrameTooLong
  /// A length in more octets than it needs (section 5.2).
  case lengthNotMinimal
  /// A 64-bit length with its most significant bit set (section 5.2).
  case lengthTooLarge
  /// A continuation without a message to continue (section 5.4).
  case nothingToContinue
  /// A new text or binary frame in the middle of a fragmented message (section 5.4).
  case messageUnfinished
  /// The message would be longer than this endpoint takes; `limit` in octets (section 7.4.1, code 1009).
  case messageTooLong(limit: Int)
  /// A text that isn't UTF-8 (section 8.1).
  case textNotUTF8
  /// A Close payload of one octet: too short for a code (section 5.5.1).
  case closePayloadOfOneOctet
  /// A code that must not appear on the wire (section 7.4).
  case invalidCloseCode(UInt16)
  /// A reason that isn't UTF-8 (section 5.5.1).
  case closeReasonNotUTF8

  /// The code that tells the peer what it did.
  package var closeCode: WebSocketCloseCode {
    switch self {
    case .reservedBits, .unknownOpcode, .unmaskedClientFrame, .maskedServerFrame, .fragmentedControlFrame,
      .controlFrameTooLong, .lengthNotMinimal, .lengthTooLarge, .nothingToContinue, .messageUnfinished,
      .closePayloadOfOneOctet, .invalidCloseCode:
      .protocolError
    case .textNotUTF8, .closeReasonNotUTF8: .invalidPayload
    case .messageTooLong: .messageTooBig
    }
  }
}

extension WebSocketProtocolError: CustomStringConvertible {
  /// One sentence without its full stop, in ASCII and short enough to be the reason of a Close.
  package var description: String {
    switch self {
    case .reservedBits: "a frame has reserved bits set, but no extension was negotiated"
    case .unknownOpcode(let opcode): "a frame has the reserved opcode \(opcode)"
    case .unmaskedClientFrame: "a frame from the client is not masked"
    case .maskedServerFrame: "a frame from the server is masked"
    case .fragmentedControlFrame: "a control frame is fragmented"
    case .controlFrameTooLong: "a control frame has more than \(WebSocketControlPayload.limit) bytes of payload"
    case .lengthNotMinimal: "a frame's length is encoded in more bytes than it needs"
    case .lengthTooLarge: "a frame's 64-bit length has its most significant bit set"
    case .nothingToContinue: "a continuation frame came with no message to continue"
    case .messageUnfinished: "a new message began before the last one's final fragment"
    case .messageTooLong(let limit): "a message is longer than the \(limit) bytes taken here"
    case .textNotUTF8: "a text message is not valid UTF-8"
    case .closePayloadOfOneOctet: "a close frame has one byte of payload, too short for a code"
    case .invalidCloseCode(let code): "a close frame has the code \(code), which must not be sent"
    case .closeReasonNotUTF8: "a close frame's reason is not valid UTF-8"
    }
  }
}
