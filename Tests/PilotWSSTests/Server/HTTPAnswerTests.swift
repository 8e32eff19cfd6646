import PilotTesting
import Foundation
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// The opening request of a node, with changes.
enum UpgradeRequest {
  static let fields = [
    "Host: beacon.example", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: pilot.v1",
  ]

  static func text(
    _ line: String = "GET /v1/compat HTTP/1.1", without dropped: String? = nil, with added: [String] = []
  ) -> String {
    let kept = fields.filter { field in dropped.map { !field.hasPrefix($0) } ?? true }
    return ([line] + kept + added).joined(separator: "\r\n") + "\r\n\r\n"
  }

  static let accepted =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: pilot.v1\r\n\r\n"
}

@Suite(.timeLimit(.minutes(1)))
struct HTTPAnswerTests {
  private func answer(_ request: String, _ listener: TestListener) async throws -> String {
    let connection = try await RawConnection.connect(to: listener.address)
    try await connection.send(request)
    return try Self.withoutDate(try await connection.takeAll())
  }

  /// The same without its date, which is right.
  private static func withoutDate(_ answer: String) throws -> String {
    var lines = answer.components(separatedBy: "\r\n")
    guard let place = lines.firstIndex(where: { $0.hasPrefix("Date: ") }) else { return answer }
    let time = try #require(HTTPDate.unixTime(String(lines.remove(at: place).dropFirst("Date: ".utf8.count))))
    #expect(abs(time - Int(WallClock.unixTime())) <= 60)
    return lines.joined(separator: "\r\n")
  }

  private static func response(_ status: String, _ text: String, _ fields: [String] = ["Connection: close"]) -> String {
    let head = ["HTTP/1.1 \(status)", "Content-Type: text/plain; charset=utf-8", "Content-Length: \(text.utf8.count)"]
    return (head + fields).joined(separator: "\r\n") + "\r\n\r\n" + text
  }

  private static let upgradeFields = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Connection: Upgrade, close"]
  private static let nothingHere = "This is a Pilot beacon: WebSocket at /v1/compat, health at /health.\n"

  static let table: [(request: String, response: String)] = [
    ("GET /health HTTP/1.1\r\nHost: b\r\n\r\n", response("200 OK", "ok\n")),
    ("GET /health?probe=1 HTTP/1.1\r\nHost: b\r\n\r\n", response("200 OK", "ok\n")),
    ("GET /health HTTP/1.0\r\n\r\n", response("200 OK", "ok\n")),
    ("GET /healthz HTTP/1.1\r\nHost: b\r\n\r\n", response("200 OK", "ok\n")),
    ("GET http://b:9443/health?x HTTP/1.1\r\nHost: b\r\n\r\n", response("200 OK", "ok\n")),
    ("GET HTTPS://b/healthz HTTP/1.1\r\nHost: b\r\n\r\n", response("200 OK", "ok\n")),
    ("GET http://b?/health HTTP/1.1\r\nHost: b\r\n\r\n", response("404 Not Found", nothingHere)),
    ("GET ftp://b/health HTTP/1.1\r\nHost: b\r\n\r\n", response("404 Not Found", nothingHere)),
    (
      "PUT /healthz HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
      response("405 Method Not Allowed", "Health is asked for with GET.\n", ["Allow: GET, HEAD", "Connection: close"])
    ),
    (
      "POST /health HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
      response("405 Method Not Allowed", "Health is asked for with GET.\n", ["Allow: GET, HEAD", "Connection: close"])
    ),
    (
      "GET /v1/compat HTTP/1.1\r\nHost: b\r\n\r\n",
      response("426 Upgrade Required", "The request doesn't ask to upgrade to websocket.\n", upgradeFields)
    ),
    (
      "GET /v1/compat HTTP/1.0\r\n\r\n",
      response("400 Bad Request", "A WebSocket handshake needs HTTP/1.1.\n")
    ),
    (
      "POST /v1/compat HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc",
      response(
        "405 Method Not Allowed", "A WebSocket handshake must be a GET request.\n", ["Allow: GET", "Connection: close"])
    ),
    ("GET / HTTP/1.1\r\nHost: b\r\n\r\n", response("404 Not Found", nothingHere)),
    ("GET /v1/compat/ HTTP/1.1\r\nHost: b\r\n\r\n", response("404 Not Found", nothingHere)),
    (UpgradeRequest.text("GET /v1/other HTTP/1.1"), response("404 Not Found", nothingHere)),
    ("OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n", response("404 Not Found", nothingHere)),
    (
      UpgradeRequest.text(without: "Sec-WebSocket-Version", with: ["Sec-WebSocket-Version: 8"]),
      response("426 Upgrade Required", "The request's Sec-WebSocket-Version isn't 13.\n", upgradeFields)
    ),
    (
      UpgradeRequest.text(without: "Sec-WebSocket-Protocol"),
      response("400 Bad Request", "The request doesn't offer the subprotocol pilot.v1.\n")
    ),
    (
      UpgradeRequest.text(without: "Sec-WebSocket-Key"),
      response("400 Bad Request", "The request's Sec-WebSocket-Key isn't one value of 16 bytes in base64.\n")
    ),
    (
      UpgradeRequest.text(without: "Upgrade", with: ["Upgrade: h2c"]),
      response("426 Upgrade Required", "The request doesn't ask to upgrade to websocket.\n", upgradeFields)
    ),
  ]

  @Test(arguments: table.indices)
  func `each request has its answer, byte by byte, and the connection ends`(index: Int) async throws {
    let listener = try await TestListener.start()
    let row = Self.table[index]
    #expect(try await answer(row.request, listener) == row.response)
    await listener.shutDown()
  }

  @Test(arguments: ["/health", "/healthz", "http://b/healthz"])
  func `HEAD has the same head and no body`(target: String) async throws {
    let listener = try await TestListener.start()
    let response = Self.response("200 OK", "ok\n")
    #expect(try await answer("HEAD \(target) HTTP/1.1\r\nHost: b\r\n\r\n", listener) == String(response.dropLast(3)))
    await listener.shutDown()
  }

  @Test(arguments: ["/v1/compat", "ws://beacon.example/v1/compat", "http://beacon.example:80/v1/compat?a=b"])
  func `a right request is upgraded, whichever form its target has, and challenged at once`(target: String) async throws
  {
    let listener = try await TestListener.start()
    let connection = try await RawConnection.connect(to: listener.address)
    try await connection.send(UpgradeRequest.text("GET \(target) HTTP/1.1"))
    #expect(try await connection.takeHead() == UpgradeRequest.accepted)
    guard case .text(let text) = try await connection.takeFrame(),
      case .challenge(let challenge) = try HandshakeMessage(parsing: text.span.raw)
    else { throw Unexpected(connection.incoming.value) }
    #expect(challenge.timestamp == 1_700_000_000)
    connection.close()
    await listener.shutDown()
  }

  @Test func `each connection has a challenge of its own`() async throws {
    let listener = try await TestListener.start()
    var challenges: Set<[UInt8]> = []
    for _ in 0..<20 {
      let connection = try await RawConnection.connect(to: listener.address)
      try await connection.send(UpgradeRequest.text())
      _ = try await connection.takeHead()
      guard case .text(let text) = try await connection.takeFrame() else { throw Unexpected(connection.incoming.value) }
      challenges.insert(text)
      connection.close()
    }
    #expect(challenges.count == 20)
    await listener.shutDown()
  }

  @Test func `a listener that drains keeps its peers, and answers others with 503`() async throws {
    let listener = try await TestListener.start()
    let first = try await RawConnection.connect(to: listener.address)
    try await first.send(UpgradeRequest.text())
    _ = try await first.takeHead()
    listener.listener.refuseNew()
    let unavailable = ["Retry-After: 5", "Connection: close"]
    let refusal = Self.response("503 Service Unavailable", "This beacon is shutting down.\n", unavailable)
    #expect(try await answer(UpgradeRequest.text(), listener) == refusal)
    let health = Self.response("503 Service Unavailable", "draining\n")
    #expect(try await answer("GET /healthz HTTP/1.1\r\nHost: b\r\n\r\n", listener) == health)
    #expect(listener.failures == [.draining])
    #expect(listener.listener.openConnections >= 1)
    guard case .text = try await first.takeFrame() else { throw Unexpected(first.incoming.value) }
    first.close()
    await listener.shutDown()
  }

  @Test func `beyond the capacity the answer is 503, and there is room again when a peer has gone`() async throws {
    let listener = try await TestListener.start { $0.limits.maximumConnections = 1 }
    let first = try await HandshakingNode.established(at: listener)
    let expected = Self.response(
      "503 Service Unavailable", "This beacon is at capacity.\n", ["Retry-After: 5", "Connection: close"])
    #expect(try await answer(UpgradeRequest.text(), listener) == expected)
    #expect(listener.failures == [.atCapacity])
    #expect(try await answer("GET /health HTTP/1.1\r\nHost: b\r\n\r\n", listener) == Self.response("200 OK", "ok\n"))
    first.connection.close()
    try await listener.log.wait { $0.detached.count == 1 }
    let second = try await HandshakingNode.established(at: listener)
    second.connection.close()
    await listener.shutDown()
  }

  @Test func `peers that only upgraded take nobody's place, and beyond the capacity they are told to come again`()
    async throws
  {
    let listener = try await TestListener.start { $0.limits.maximumConnections = 1 }
    let (first, second) = (
      try await HandshakingNode.challenged(by: listener), try await HandshakingNode.challenged(by: listener)
    )
    let third = try await HandshakingNode.established(at: listener)
    try await first.send(.text(TestIdentities.reply(to: first.challenge, as: 8, key: 8)))
    #expect(try await first.takeClose() == WebSocketCloseFrame(.tryAgainLater, reason: "try again"))
    try await listener.log.wait { $0.refusals.map(\.reason) == [.atCapacity] }
    for connection in [second.connection, third.connection] { connection.close() }
    await listener.shutDown()
  }
}
