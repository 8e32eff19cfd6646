package import NIOHTTP1

/// Why a client's opening handshake is refused (RFC 6455, section 4.2.1).
package enum WebSocketRequestError: Error, Equatable, Sendable {
  case notGet
  case oldHTTP
  /// Also what a plain request without any intent to upgrade looks like.
  case noUpgrade
  case noConnectionUpgrade
  case noHost
  case unsupportedVersion
  case invalidKey
  case subprotocolNotOffered(String)

  /// The status to refuse it with. A 426 names what is supported: `Upgrade: websocket` and
  /// `Sec-WebSocket-Version: 13` (RFC 6455, section 4.2.2).
  package var status: HTTPResponseStatus {
    switch self {
    case .notGet: .methodNotAllowed
    case .noUpgrade, .unsupportedVersion: .upgradeRequired
    case .oldHTTP, .noConnectionUpgrade, .noHost, .invalidKey, .subprotocolNotOffered: .badRequest
    }
  }
}

extension WebSocketRequestError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notGet: "A WebSocket handshake must be a GET request."
    case .oldHTTP: "A WebSocket handshake needs HTTP/1.1."
    case .noUpgrade: "The request doesn't ask to upgrade to websocket."
    case .noConnectionUpgrade: "The request's Connection field doesn't list Upgrade."
    case .noHost: "The request doesn't have exactly one Host field."
    case .unsupportedVersion: "The request's Sec-WebSocket-Version isn't 13."
    case .invalidKey: "The request's Sec-WebSocket-Key isn't one value of 16 bytes in base64."
    case .subprotocolNotOffered(let name): "The request doesn't offer the subprotocol \(name)."
    }
  }
}

/// Why a server's answer to the opening handshake is refused (RFC 6455, section 4.1).
package enum WebSocketResponseError: Error, Equatable, Sendable {
  /// Anything but 101, such as 503 from a beacon at its capacity.
  case status(Int)
  case noUpgrade
  case noConnectionUpgrade
  case wrongAccept
  case wrongSubprotocol(String)
  case unaskedExtension
}

extension WebSocketResponseError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .status(let code): "The server answered the WebSocket handshake with HTTP status \(code) instead of 101."
    case .noUpgrade: "The server's answer doesn't upgrade to websocket."
    case .noConnectionUpgrade: "The server's Connection field doesn't list Upgrade."
    case .wrongAccept: "The server's Sec-WebSocket-Accept doesn't answer the key that was sent."
    case .wrongSubprotocol(let name): "The server didn't choose the subprotocol \(name)."
    case .unaskedExtension: "The server switched on a WebSocket extension that wasn't asked for."
    }
  }
}
