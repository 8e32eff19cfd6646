import NIOHTTP1
import PilotTransport

/// What a beacon, or whatever answers in its place, says instead of upgrading.
extension TransportError {
  /// The answer to the upgrade was not 101.
  ///
  /// - Parameters:
  ///   - text: The first line of its body, where that is a text.
  ///   - unixTime: Seconds since 1970, for a `Retry-After` that is a date.
  init(refusedUpgrade head: HTTPResponseHead, text: String?, of beacon: WSSURL, at unixTime: Int) {
    let said = text.map { ": \"\($0)\"" } ?? ""
    let retryAfter = RetryAfter.delay(in: head.headers, at: unixTime)
    switch head.status {
    case .serviceUnavailable:
      self.init(code: .atCapacity, message: "\(beacon) is at capacity (503)\(said)", retryAfter: retryAfter)
    case .tooManyRequests:
      self.init(code: .atCapacity, message: "\(beacon) is called too often (429)\(said)", retryAfter: retryAfter)
    case .movedPermanently, .found, .seeOther, .temporaryRedirect, .permanentRedirect:
      self.init(code: .upgradeRefused, message: "\(beacon) \(Self.redirection(head))")
    case .upgradeRequired:
      self.init(
        code: .upgradeRefused,
        message: "\(beacon) answered 426: a proxy on the way removed the upgrade; it must pass WebSocket through")
    case .proxyAuthenticationRequired:
      self.init(
        code: .upgradeRefused,
        message: """
          \(beacon) was not reached: a proxy on the way wants a user and a password (407); name it with \
          --proxy http://USER:PASSWORD@HOST:PORT
          """)
    case .notFound:
      self.init(
        code: .upgradeRefused,
        message: "\(beacon) answered 404: not a beacon, or one that expects \(WSSURL.defaultPath)\(said)")
    case let status where Self.isPassing(status):
      self.init(
        code: .upgradeRefused,
        message: """
          \(beacon) answered \(status.code) \(PrintableText.line(status.reasonPhrase, limit: 80))\(said): something in front \
          of the beacon answers, or it is being restarted; is it up?
          """, retryAfter: retryAfter, retry: .later(after: retryAfter))
    default:
      // A status that the library doesn't know has the server's own words.
      let reason = PrintableText.line(head.status.reasonPhrase, limit: 80)
      self.init(
        code: .upgradeRefused, message: "\(beacon) answered \(head.status.code) \(reason) instead of upgrading\(said)")
    }
  }

  /// Whether the same request may succeed later (RFC 9110, sections 15.5.9 and 15.6; RFC 8470, section 5.2): what stands before a
  /// beacon says so while that one starts anew. Not what says that the request isn't understood.
  private static func isPassing(_ status: HTTPResponseStatus) -> Bool {
    switch status.code {
    case 501, 505: false
    case 408, 425, 500...: true
    default: false
    }
  }

  /// Redirects aren't followed: a signed reply would go to whom the operator hasn't named.
  private static func redirection(_ head: HTTPResponseHead) -> String {
    guard let location = head.headers.first(name: "Location") else {
      return "answered \(head.status.code) and redirects, without saying where to"
    }
    let target = PrintableText.line(URLText.withoutSecrets(location), limit: 200)
    return "answered \(head.status.code) and redirects to \"\(target)\"; if the beacon is there, give that address"
  }

  /// The answer was 101, and doesn't accept the handshake that was offered.
  init(invalidAcceptance fault: WebSocketResponseError?, of beacon: WSSURL) {
    let reason = fault.map { ": \($0.explanation)" } ?? ""
    self.init(code: .upgradeRefused, message: "\(beacon) answered 101 without a valid WebSocket handshake\(reason)")
  }
}

extension WebSocketResponseError {
  /// The field that is wrong, and what it should be.
  fileprivate var explanation: String {
    switch self {
    case .status(let code): "its status is \(code)"
    case .noUpgrade: "its Upgrade field isn't websocket"
    case .noConnectionUpgrade: "its Connection field doesn't list Upgrade"
    case .wrongAccept: "its Sec-WebSocket-Accept doesn't answer the key that was sent"
    case .wrongSubprotocol(let name): "its Sec-WebSocket-Protocol isn't \(name)"
    case .unaskedExtension: "its Sec-WebSocket-Extensions names an extension that wasn't asked for"
    }
  }
}
