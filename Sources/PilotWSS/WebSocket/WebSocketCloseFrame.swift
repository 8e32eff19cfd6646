internal import PilotWire

/// The payload of a Close frame: nothing, or a code and a reason (RFC 6455, section 5.5.1).
///
/// Layout: empty, or `code:2 · reason:0…123` with the reason in UTF-8.
package struct WebSocketCloseFrame: Equatable, Sendable {
  /// Longest reason, in octets of UTF-8: what a control frame can carry beside the code.
  package static let reasonLimit = WebSocketControlPayload.limit - 2

  /// `nil` if the frame is empty, which is reported as 1005 elsewhere.
  package let code: WebSocketCloseCode?
  /// For people and logs, never for decisions: the sender chooses it freely. Empty when there is no code.
  package let reason: String

  /// A frame that gives no code.
  package static let empty = WebSocketCloseFrame(code: nil, text: "")

  /// The encoder cuts a reason longer than ``reasonLimit``, at the boundary of a Unicode scalar.
  package init(_ code: WebSocketCloseCode, reason: String = "") {
    self.init(code: code, text: reason)
  }

  private init(code: WebSocketCloseCode?, text: String) {
    self.code = code
    self.reason = text
  }

  /// Reads an unmasked payload; the caller has made sure that it is at most 125 octets long.
  init(payload: RawSpan) throws(WebSocketProtocolError) {
    if payload.isEmpty {
      self = .empty
      return
    }
    guard payload.byteCount >= 2 else { throw .closePayloadOfOneOctet }
    let raw = UInt16(payload.byte(at: 0)) << 8 | UInt16(payload.byte(at: 1))
    guard let code = WebSocketCloseCode(rawValue: raw) else { throw .invalidCloseCode(raw) }
    guard let reason = String(utf8: payload.extracting(droppingFirst: 2)) else { throw .closeReasonNotUTF8 }
    self.init(code: code, text: reason)
  }

  /// The payload that the encoder sends.
  var payload: WebSocketControlPayload {
    var payload = WebSocketControlPayload()
    guard let code else { return payload }
    payload.append(UInt8(truncatingIfNeeded: code.rawValue >> 8))
    payload.append(UInt8(truncatingIfNeeded: code.rawValue))
    var free = Self.reasonLimit
    for scalar in reason.unicodeScalars {
      let octets = UTF8.width(scalar)
      guard octets <= free else { break }
      free -= octets
      for octet in scalar.utf8 { payload.append(octet) }
    }
    return payload
  }
}
