/// A close code that may stand in a Close frame (RFC 6455, section 7.4, and IANA's registry). Any other can't be
/// represented: 1004 is undefined, 1005, 1006 and 1015 only describe what happened locally, 1016–2999 are unassigned,
/// below 1000 and from 5000 on nothing is defined.
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16

  /// `nil` if the code must not appear on the wire.
  package init?(rawValue: UInt16) {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: self.rawValue = rawValue
    default: return nil
    }
  }

  private init(known rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// 1000: the purpose of the connection has been fulfilled.
  package static let normal = WebSocketCloseCode(known: 1000)
  /// 1001: the endpoint goes away, such as a server that shuts down.
  package static let goingAway = WebSocketCloseCode(known: 1001)
  /// 1002: the peer broke the protocol.
  package static let protocolError = WebSocketCloseCode(known: 1002)
  /// 1003: a kind of data that this endpoint can't accept, such as binary where it understands only text.
  package static let unsupportedData = WebSocketCloseCode(known: 1003)
  /// 1007: data that contradicts the message's type, such as a text that is not UTF-8.
  package static let invalidPayload = WebSocketCloseCode(known: 1007)
  /// 1008: the peer broke this endpoint's policy; the beacon's answer to an identity that it refuses.
  package static let policyViolation = WebSocketCloseCode(known: 1008)
  /// 1009: a message longer than this endpoint takes.
  package static let messageTooBig = WebSocketCloseCode(known: 1009)
  /// 1010: the server didn't negotiate an extension that the client needs.
  package static let mandatoryExtension = WebSocketCloseCode(known: 1010)
  /// 1011: the server met a condition that keeps it from fulfilling the request.
  package static let internalError = WebSocketCloseCode(known: 1011)
  /// 1012: the service restarts.
  package static let serviceRestart = WebSocketCloseCode(known: 1012)
  /// 1013: the service is overloaded: try again later.
  package static let tryAgainLater = WebSocketCloseCode(known: 1013)
}

extension WebSocketCloseCode: CustomStringConvertible {
  package var description: String { String(rawValue) }
}
