import PilotTesting
import NIOSSL
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct RefusalTests {
  @Test func `each refusal of an identity is one and the same to the node, and told apart in the beacon's log`()
    async throws
  {
    let listener = try await TestListener.start()
    for (node, key, reason) in [(7, 8, WSSRefusal.Reason.wrongKey), (200, 7, .unknownNode)] as [(UInt8, UInt8, _)] {
      let error = await failure { _ = try await TestClient.connect(listener.url(), node: node, key: key) }
      #expect(error?.code == .authenticationFailed)
      #expect(error?.message.contains("refused node \(node): \"auth failed\"") == true)
      let refusals = try await listener.log.first { $0.refusals.isEmpty ? nil : $0.refusals }
      #expect(refusals.map(\.reason) == [reason])
      #expect(refusals.first?.node?.rawValue == UInt32(node))
      #expect(refusals.first?.remote.ipv4Address == 0x7F00_0001)
      listener.log.update { $0.refusals = [] }
    }
    await listener.shutDown()
  }

  @Test func `at capacity the node hears so`() async throws {
    let listener = try await TestListener.start { $0.limits.maximumConnections = 1 }
    let first = try await TestClient.connect(listener.url())
    let error = await failure { _ = try await TestClient.connect(listener.url(), node: 8) }
    #expect(error?.code == .atCapacity)
    // Nothing goes on after a connect that failed: no event would come.
    #expect(error?.retry == .later(after: .seconds(5)))
    first.close()
    await listener.shutDown()
  }

  /// Whole answers to the upgrade, and what they mean.
  static let answers: [(String, TransportError.Code)] = [
    ("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", .upgradeRefused),
    ("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", .upgradeRefused),
    ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", .atCapacity),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .upgradeRefused),
    ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .upgradeRefused),
    ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", .upgradeRefused),
    (
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      .upgradeRefused
    ),
    ("SSH-2.0-OpenSSH_9.6\r\n\r\n", .upgradeRefused),
    ("HTTP/2.0 200 OK\r\n\r\n", .upgradeRefused),
    ("\n\n\n", .upgradeRefused),
    ("HTTP/1.1 200 OK\r\nX: \(String(repeating: "y", count: 100_000))\r\n\r\n", .upgradeRefused),
    ("", .connectFailed),
    ("HTTP/1.1 101 Swi", .connectFailed),
  ]

  @Test(arguments: answers.indices)
  func `each answer but a right 101 ends the attempt with what it means`(index: Int) async throws {
    let (answer, code) = Self.answers[index]
    let server = try await RawServer.start()
    async let outcome = failure { _ = try await TestClient.connect(server.url) }
    let connection = try await server.next()
    _ = try await connection.takeHead()
    try? await connection.send(answer)
    if code == .connectFailed { connection.close() }
    #expect(await outcome?.code == code)
    try await connection.closed()
    await server.stop()
  }

  @Test(arguments: [
    "Connection: foo,,upgrade", "Connection: Upgrade\r\nContent-Length: 5", "Connection: ,upgrade",
    "Connection: upgrade\r\nTransfer-Encoding: chunked", "Connection: Upgrade, close",
    "Connection: x\r\nConnection: upgrade",
  ])
  func `HTTP behind a 101 is a broken frame or a refused upgrade, and does not trap`(field: String) async throws {
    let server = try await RawServer.start()
    async let outcome = failure { _ = try await TestClient.connect(server.url) { $0.dialLimit = .seconds(1) } }
    let beacon = try await server.nextBeacon()
    let behind = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    // The limit comes first where this test runs slowly.
    _ = try? await beacon.upgrade({ $0.replacing("Connection: Upgrade", with: field) }, then: Array(behind.utf8))
    let code = await outcome?.code
    #expect([.protocolViolation, .upgradeRefused, .timedOut].contains(code))
    await server.stop()
  }

  /// What a beacon says instead of the challenge, or instead of auth_ok.
  static let hostileMessages: [RawFrame] =
    HostileTexts.all.map { .text($0) } + [.binary([1]), .text(AuthOK().json), .close(1011), RawFrame(opcode: 3)]

  @Test(arguments: hostileMessages.indices)
  func `a beacon that does not keep to the authentication is left`(index: Int) async throws {
    let server = try await RawServer.start()
    async let outcome = failure { _ = try await TestClient.connect(server.url) }
    let beacon = try await server.nextBeacon()
    try await beacon.upgrade()
    try? await beacon.send(Self.hostileMessages[index])
    while case .text? = try? await beacon.connection.takeFrame() {}
    beacon.connection.close()
    let code = await outcome?.code
    #expect(code == (index == Self.hostileMessages.count - 2 ? .connectionLost : .protocolViolation))
    await server.stop()
  }

  @Test func `nobody there, and no such name`() async throws {
    let server = try await RawServer.start()
    await server.stop()
    let refused = await failure { _ = try await TestClient.connect(server.url) }
    #expect(refused?.code == .connectFailed)
    #expect(refused?.message.contains("127.0.0.1:\(server.address.port)") == true)
    let unknown = await failure {
      _ = try await TestClient.connect(WSSURL(host: "beacon.invalid")) { $0.dialLimit = .seconds(10) }
    }
    #expect([.resolveFailed, .timedOut].contains(unknown?.code))
  }
}
