package import NIOHTTP1

/// The opening handshake's fields (RFC 6455, section 4), checked and written. HTTP itself, and the fields `Upgrade`,
/// `Connection` and `Host` of what is sent, are the HTTP layer's.
package enum WebSocketHandshake {
  /// The only version there is.
  package static let version = "13"
  /// What a node and a beacon speak over the connection.
  package static let pilotSubprotocol = "pilot.v1"

  /// The `Sec-WebSocket-*` fields of a client's request.
  package static func requestFields(key: WebSocketKey, subprotocol: String = pilotSubprotocol) -> HTTPHeaders {
    [
      "Sec-WebSocket-Key": key.text,
      "Sec-WebSocket-Protocol": subprotocol,
      "Sec-WebSocket-Version": version,
    ]
  }

  /// The `Sec-WebSocket-*` fields of the response 101 to a request that was accepted.
  package static func responseFields(
    answering key: WebSocketKey, subprotocol: String = pilotSubprotocol
  ) -> HTTPHeaders {
    ["Sec-WebSocket-Accept": key.accept, "Sec-WebSocket-Protocol": subprotocol]
  }

  /// Checks a client's request (RFC 6455, section 4.2.1). Offered extensions are passed over: none is accepted.
  ///
  /// - Returns: the key to answer.
  package static func accept(
    _ request: HTTPRequestHead, subprotocol: String = pilotSubprotocol
  ) throws(WebSocketRequestError) -> WebSocketKey {
    let headers = request.headers
    guard request.method == .GET else { throw .notGet }
    guard request.version.major == 1, request.version.minor >= 1 else { throw .oldHTTP }
    guard tokens(headers, "Upgrade").contains("websocket") else { throw .noUpgrade }
    guard tokens(headers, "Connection").contains("upgrade") else { throw .noConnectionUpgrade }
    guard headers["Host"].count == 1 else { throw .noHost }
    guard headers["Sec-WebSocket-Version"] == [version] else { throw .unsupportedVersion }
    let keys = headers["Sec-WebSocket-Key"]
    guard keys.count == 1, let key = keys.first.flatMap(WebSocketKey.init(text:)) else { throw .invalidKey }
    let offered = headers[canonicalForm: "Sec-WebSocket-Protocol"]
    guard offered.contains(where: { $0 == subprotocol }) else { throw .subprotocolNotOffered(subprotocol) }
    return key
  }

  /// Checks a server's response to a request with `key` and `subprotocol` (RFC 6455, section 4.1).
  package static func verify(
    _ response: HTTPResponseHead, key: WebSocketKey, subprotocol: String = pilotSubprotocol
  ) throws(WebSocketResponseError) {
    let headers = response.headers
    guard response.status == .switchingProtocols else { throw .status(Int(response.status.code)) }
    guard tokens(headers, "Upgrade") == ["websocket"] else { throw .noUpgrade }
    guard tokens(headers, "Connection").contains("upgrade") else { throw .noConnectionUpgrade }
    guard headers["Sec-WebSocket-Accept"] == [key.accept] else { throw .wrongAccept }
    guard headers["Sec-WebSocket-Protocol"] == [subprotocol] else { throw .wrongSubprotocol(subprotocol) }
    guard !headers.contains(name: "Sec-WebSocket-Extensions") else { throw .unaskedExtension }
  }

  /// The tokens of a list field, in lower case: they are compared without regard to case.
  private static func tokens(_ headers: HTTPHeaders, _ name: String) -> [String] {
    headers[canonicalForm: name].map { $0.lowercased() }
  }
}
