package import NIOHTTP1

/// The opening handshake's fields (RFC 6455, section 4), checked and written. HTTP itself, and the fields `Upgrade`,
/// `Connection` and `Host` of what is sent, are the HTTP layer's.
package enum WebSocketHandshake {
  /// The only version there is.
  package static let version = "13"

  /// The `Sec-WebSocket-*` fields of a client's request.
  ///
  /// - Parameter subprotocols: What the client speaks, the preferred one first.
  package static func requestFields(
    key: WebSocketKey, subprotocols: [PilotSubprotocol] = PilotSubprotocol.all
  ) -> HTTPHeaders {
    [
      "Sec-WebSocket-Key": key.text,
      "Sec-WebSocket-Protocol": subprotocols.map(\.rawValue).joined(separator: ", "),
      "Sec-WebSocket-Version": version,
    ]
  }

  /// The `Sec-WebSocket-*` fields of the response 101 to a request that was accepted.
  package static func responseFields(answering key: WebSocketKey, subprotocol: PilotSubprotocol) -> HTTPHeaders {
    ["Sec-WebSocket-Accept": key.accept, "Sec-WebSocket-Protocol": subprotocol.rawValue]
  }

  /// Checks a client's request (RFC 6455, section 4.2.1). Offered extensions are passed over: none is accepted.
  ///
  /// - Parameter subprotocols: What the server speaks, the preferred one first.
  /// - Returns: The key to answer, and the first of the subprotocols that is offered.
  package static func accept(
    _ request: HTTPRequestHead, subprotocols: [PilotSubprotocol]
  ) throws(WebSocketRequestError) -> (key: WebSocketKey, subprotocol: PilotSubprotocol) {
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
    guard let chosen = subprotocols.first(where: { offered.contains($0.rawValue[...]) }) else {
      throw .subprotocolNotOffered(PilotSubprotocol.v1.rawValue)
    }
    return (key, chosen)
  }

  /// Checks a server's response to a request with `key` and `subprotocols` (RFC 6455, section 4.1).
  ///
  /// - Returns: Which of the subprotocols the server has chosen.
  package static func verify(
    _ response: HTTPResponseHead, key: WebSocketKey, subprotocols: [PilotSubprotocol] = PilotSubprotocol.all
  ) throws(WebSocketResponseError) -> PilotSubprotocol {
    let headers = response.headers
    guard response.status == .switchingProtocols else { throw .status(Int(response.status.code)) }
    guard tokens(headers, "Upgrade") == ["websocket"] else { throw .noUpgrade }
    guard tokens(headers, "Connection").contains("upgrade") else { throw .noConnectionUpgrade }
    guard headers["Sec-WebSocket-Accept"] == [key.accept] else { throw .wrongAccept }
    let fields = headers["Sec-WebSocket-Protocol"]
    guard let chosen = subprotocols.first(where: { fields == [$0.rawValue] }) else {
      throw .wrongSubprotocol(subprotocols.map(\.rawValue).joined(separator: " or "))
    }
    guard !headers.contains(name: "Sec-WebSocket-Extensions") else { throw .unaskedExtension }
    return chosen
  }

  /// The tokens of a list field, in lower case: they are compared without regard to case.
  private static func tokens(_ headers: HTTPHeaders, _ name: String) -> [String] {
    headers[canonicalForm: name].map { $0.lowercased() }
  }
}
