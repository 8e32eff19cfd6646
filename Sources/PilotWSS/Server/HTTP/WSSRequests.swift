import NIOHTTP1

/// What a beacon's WebSocket port answers to each request, one per connection (wire reference, section 3): `/health` and
/// `/healthz` with 200 (503 while the listener drains), a plain GET of `/v1/compat` with 426, which tells a beacon from a
/// proxy that only accepts TCP, an upgrade beyond the capacity with 503, all else with 404.
enum WSSRequests {
  /// What a request asks for.
  enum Asked {
    /// A WebSocket, rightly: it is answered with these fields, and this is spoken on it.
    case upgrade(HTTPHeaders, PilotSubprotocol)
    case other(HTTPAnswer)
  }

  /// - Parameters:
  ///   - head: The request.
  ///   - subprotocols: What is spoken at the moment, the preferred one first.
  ///   - isDraining: Whether nobody new is to come.
  static func read(_ head: HTTPRequestHead, subprotocols: [PilotSubprotocol], isDraining: Bool) -> Asked {
    switch (head.targetPath, head.method) {
    case ("/health", .GET), ("/health", .HEAD), ("/healthz", .GET), ("/healthz", .HEAD):
      return .other(isDraining ? HTTPAnswer(.serviceUnavailable, "draining\n") : HTTPAnswer(.ok, "ok\n"))
    case ("/health", _), ("/healthz", _):
      return .other(
        HTTPAnswer(.methodNotAllowed, "Health is asked for with GET.\n", fields: ["Allow": "GET, HEAD"]))
    case (WSSURL.defaultPath[...], _):
      return upgrade(head, subprotocols)
    default:
      return .other(
        HTTPAnswer(.notFound, "This is a Pilot beacon: WebSocket at \(WSSURL.defaultPath), health at /health.\n"))
    }
  }

  private static func upgrade(_ head: HTTPRequestHead, _ subprotocols: [PilotSubprotocol]) -> Asked {
    do {
      let (key, subprotocol) = try WebSocketHandshake.accept(head, subprotocols: subprotocols)
      if head.announcesBody {
        return .other(HTTPAnswer(.badRequest, "A WebSocket handshake must not have a body.\n"))
      }
      return .upgrade(WebSocketHandshake.responseFields(answering: key, subprotocol: subprotocol), subprotocol)
    } catch {
      return .other(HTTPAnswer(error.status, "\(error)\n", fields: fields(for: error.status)))
    }
  }

  private static func fields(for status: HTTPResponseStatus) -> HTTPHeaders {
    switch status {
    case .methodNotAllowed: ["Allow": "GET"]
    case .upgradeRequired: ["Upgrade": "websocket", "Sec-WebSocket-Version": WebSocketHandshake.version]
    default: [:]
    }
  }

  /// A right request to upgrade that isn't granted.
  static func refusal(_ room: ConnectionAdmission.Room) -> HTTPAnswer {
    let text = room == .draining ? "This beacon is shutting down.\n" : "This beacon is at capacity.\n"
    return HTTPAnswer(.serviceUnavailable, text, fields: ["Retry-After": "5"])
  }

  /// A client that a proxy has named, and that is turned away.
  static func refusal(_ reason: HandshakeFailure.Reason) -> HTTPAnswer {
    switch reason {
    case .denied: HTTPAnswer(.forbidden, "This address may not connect here.\n")
    case .dialLimited:
      HTTPAnswer(.tooManyRequests, "Too many connections from this address.\n", fields: ["Retry-After": "10"])
    default: HTTPAnswer(.serviceUnavailable, "This beacon is at capacity.\n", fields: ["Retry-After": "5"])
    }
  }
}
