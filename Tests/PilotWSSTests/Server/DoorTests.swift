import PilotTesting
import NIOPosix
import NIOSSL
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Who comes in at a listener's port, over real connections. All of 127.0.0.0/8 but 127.0.0.1 are strangers.
@Suite(.timeLimit(.minutes(1)))
struct DoorTests {
  private static let stranger = Endpoint(ipv4: 127, 0, 0, 2, port: 0)
  private static let other = Endpoint(ipv4: 127, 0, 0, 3, port: 0)
  private static let health = "GET /health HTTP/1.1\r\nHost: b\r\n"

  private func rules(allow: String? = nil, deny: String = "", proxies: String = "") throws -> AddressPolicy {
    var rules = AddressRules()
    rules.allowed = try allow.map { AddressSet(try AddressList.blocks(in: $0)) }
    rules.denied = AddressSet(try AddressList.blocks(in: deny))
    rules.trustedProxies = AddressSet(try AddressList.blocks(in: proxies))
    return AddressPolicy(rules)
  }

  private func answer(
    to bytes: [UInt8], _ listener: TestListener, from source: Endpoint? = nil, tls: NIOSSLContext? = nil
  ) async throws -> String {
    let connection = try await RawConnection.connect(to: listener.address, tls: tls, from: source)
    try? await connection.send(bytes)
    return try await connection.takeAll()
  }

  private func answer(
    _ text: String, _ listener: TestListener, from source: Endpoint? = nil
  ) async throws -> String {
    try await answer(to: Array(text.utf8), listener, from: source)
  }

  /// Upgrades and authenticates, behind what a proxy writes in front.
  private func attach(
    _ listener: TestListener, from source: Endpoint? = nil, preface: [UInt8] = [], fields: [String] = []
  ) async throws -> WSSConnection {
    let connection = try await RawConnection.connect(to: listener.address, from: source)
    try await connection.send(preface + Array(UpgradeRequest.text(with: fields).utf8))
    _ = try await connection.takeHead()
    guard case .text(let text) = try await connection.takeFrame(),
      case .challenge(let challenge) = try HandshakeMessage(parsing: text.span.raw)
    else { throw Unexpected(connection.incoming.value) }
    let node = HandshakingNode(connection: connection, challenge: challenge)
    try await node.send(.text(TestIdentities.reply(to: challenge, as: 7, key: 7)))
    return try await listener.connection(of: 7)
  }

  @Test func `silent connections of one source keep nobody else out, and take no more than its share`() async throws {
    let listener = try await TestListener.start(group: MultiThreadedEventLoopGroup.singleton.next()) {
      $0.limits.handshakesPerSource = 3
    }
    var silent: [RawConnection] = []
    for _ in 0..<8 { silent.append(try await RawConnection.connect(to: listener.address, from: Self.stranger)) }
    for connection in silent.prefix(5) { try await connection.closed() }
    #expect(try await answer(Self.health + "\r\n", listener, from: Self.other).hasSuffix("ok\n"))
    try await listener.log.wait { $0.failures.count == 5 }
    #expect(listener.failures == Array(repeating: .sourceFull, count: 5))
    #expect(listener.log.value.failures.allSatisfy { $0.remote.ipv4Address == Self.stranger.ipv4Address })
    for connection in silent { connection.close() }
    await listener.shutDown()
  }

  @Test func `peers that upgraded and are silent make room, too`() async throws {
    let listener = try await TestListener.start(group: MultiThreadedEventLoopGroup.singleton.next()) {
      $0.limits.maximumHandshakes = 2
    }
    var silent: [HandshakingNode] = []
    for _ in 0..<3 { silent.append(try await HandshakingNode.challenged(by: listener)) }
    try await silent[0].connection.closed()
    try await listener.log.wait { $0.refusals.map(\.reason) == [.displaced] }
    for node in silent { node.connection.close() }
    await listener.shutDown()
  }

  @Test(arguments: [false, true])
  func `who dials too often is hung up on before TLS, and others aren't`(secure: Bool) async throws {
    let files = try TestFiles()
    let tls = secure ? try ServerTLS(certificate: files.path("server"), key: files.path("server-key")) : nil
    let listener = try await TestListener.start(tls: tls, group: MultiThreadedEventLoopGroup.singleton.next()) {
      ($0.limits.dialsPerSource, $0.limits.dialBurst) = (1, 2)
      $0.limits.handshakeLimit = .seconds(600)
    }
    var open: [RawConnection] = []
    for _ in 0..<2 { open.append(try await RawConnection.connect(to: listener.address, from: Self.stranger)) }
    let third = try await RawConnection.connect(to: listener.address, from: Self.stranger)
    try await third.closed()
    for _ in 0..<5 { open.append(try await RawConnection.connect(to: listener.address)) }
    #expect(listener.failures == [.dialLimited])
    for connection in open { connection.close() }
    await listener.shutDown()
  }

  @Test func `an address that is denied, or not allowed, gets nothing`() async throws {
    for policy in [try rules(deny: "127.0.0.2"), try rules(allow: "127.0.0.1")] {
      let listener = try await TestListener.start { $0.policy = policy }
      #expect(try await answer(Self.health + "\r\n", listener, from: Self.stranger).isEmpty)
      #expect(try await answer(Self.health + "\r\n", listener).hasSuffix("ok\n"))
      #expect(listener.failures == [.denied])
      await listener.shutDown()
    }
  }

  @Test(arguments: [ProxyHeaderTests.v4, Array(ProxyHeaderTests.texts[0].utf8)])
  func `a trusted proxy names the client in front of all else, and that is who the peer is`(_ preface: [UInt8])
    async throws
  {
    let policy = try rules(proxies: "127.0.0.2")
    let listener = try await TestListener.start { $0.policy = policy }
    let connection = try await attach(listener, from: Self.stranger, preface: preface)
    #expect(connection.remote == Endpoint(ipv4: 192, 0, 2, 1, port: 1_000))
    await listener.shutDown()
  }

  @Test func `a trusted proxy names the client in the request`() async throws {
    let policy = try rules(proxies: "127.0.0.1, 10.0.0.0/8")
    let listener = try await TestListener.start { $0.policy = policy }
    let connection = try await attach(listener, fields: ["X-Forwarded-For: 198.51.100.1, 192.0.2.9, 10.1.1.1"])
    #expect(connection.remote == Endpoint(ipv4: 192, 0, 2, 9, port: 0))
    await listener.shutDown()
  }

  @Test func `nobody else is believed`() async throws {
    let listener = try await TestListener.start()
    let connection = try await attach(listener, fields: ["X-Forwarded-For: 192.0.2.9", "Forwarded: for=192.0.2.9"])
    #expect(connection.remote.isThisMachine)
    for preface in [ProxyHeaderTests.v4, ProxyHeaderTests.v6, Array(ProxyHeaderTests.texts[0].utf8)] {
      #expect(try await answer(to: preface + Array((Self.health + "\r\n").utf8), listener).isEmpty)
    }
    #expect(listener.failures == [.proxyUntrusted, .proxyUntrusted, .proxyUntrusted])
    await listener.shutDown()
  }

  @Test func `the rules and the limit to dialling are for the client that is named`() async throws {
    let policy = try rules(deny: "192.0.2.7", proxies: "127.0.0.1, 127.0.0.2")
    let listener = try await TestListener.start {
      $0.policy = policy
      ($0.limits.dialsPerSource, $0.limits.dialBurst) = (1, 1)
    }
    func health(for client: String) async throws -> String {
      try await answer(Self.health + "X-Forwarded-For: \(client)\r\n\r\n", listener, from: Self.stranger)
    }
    #expect(try await health(for: "192.0.2.7").hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
    #expect(try await health(for: "192.0.2.8").hasSuffix("ok\n"))
    let limited = try await health(for: "192.0.2.8")
    #expect(limited.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n") && limited.contains("\r\nRetry-After: 10\r\n"))
    #expect(try await health(for: "192.0.2.9").hasSuffix("ok\n"))
    #expect(listener.failures == [.denied, .dialLimited])
    #expect(listener.log.value.failures[0].remote.description == "192.0.2.7:0")
    await listener.shutDown()
  }

  @Test func `a proxy's broken header ends the connection, and one in pieces doesn't`() async throws {
    let policy = try rules(proxies: "127.0.0.1")
    let listener = try await TestListener.start { $0.policy = policy }
    #expect(try await answer("PROXY TCP4 nonsense\r\n", listener).isEmpty)
    #expect(listener.failures == [.proxyMalformed])
    let connection = try await RawConnection.connect(to: listener.address)
    for byte in ProxyHeaderTests.v6 { try await connection.send([byte]) }
    try await connection.send(Self.health + "\r\n")
    #expect(try await connection.takeAll().hasSuffix("ok\n"))
    await listener.shutDown()
  }

  @Test func `over TLS the proxy speaks before it`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let policy = try rules(deny: "192.0.2.1", proxies: "127.0.0.1")
    let listener = try await TestListener.start(tls: tls) { $0.policy = policy }
    #expect(try await answer(to: ProxyHeaderTests.v4, listener).isEmpty)
    #expect(listener.failures == [.denied])
    await listener.shutDown()
  }

  @Test func `what isn't TLS, and each way in which TLS fails, has a name`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    #expect(try await answer(Self.health + "\r\n", listener).isEmpty)
    #expect(try await answer(to: ProxyHeaderTests.v4, listener).isEmpty)
    var old = TLSConfiguration.makeClientConfiguration()
    old.certificateVerification = .none
    (old.minimumTLSVersion, old.maximumTLSVersion) = (.tlsv1, .tlsv11)
    _ = try await answer(to: [1], listener, tls: try NIOSSLContext(configuration: old))
    var strict = TLSConfiguration.makeClientConfiguration()
    strict.trustRoots = .certificates([])
    _ = try await answer(to: [1], listener, tls: try NIOSSLContext(configuration: strict))
    var weak = TLSConfiguration.makeClientConfiguration()
    weak.certificateVerification = .none
    weak.maximumTLSVersion = .tlsv12
    weak.cipherSuites = "ECDHE+AES256+SHA1"
    _ = try await answer(to: [1], listener, tls: try NIOSSLContext(configuration: weak))
    let silent = try await RawConnection.connect(to: listener.address)
    silent.close()
    let broken = try await RawConnection.connect(to: listener.address)
    try await broken.send([22, 3, 1, 0, 4, 1, 0, 0, 0])
    try await broken.closed()
    try await listener.log.wait { $0.failures.count == 7 }
    #expect(
      Set(listener.failures) == [
        .notTLS, .proxyUntrusted, .tlsVersion, .tlsAlert, .tlsParameters, .tlsClosed, .tlsOther,
      ])
    #expect(listener.log.value.failures.allSatisfy { !($0.detail ?? "").contains("/") })
    await listener.shutDown()
  }

  @Test func `each connection that asks for something else, or for nothing, is told once`() async throws {
    let listener = try await TestListener.start()
    #expect(try await answer("GET / HTTP/1.1\r\nHost: b\r\n\r\n", listener).contains("404"))
    #expect(try await answer("GET /v1/compat HTTP/1.1\r\nHost: b\r\n\r\n", listener).contains("426"))
    _ = try await answer(Self.health + "\r\n", listener)
    let silent = try await RawConnection.connect(to: listener.address)
    silent.close()
    try await listener.log.wait { $0.failures.count == 3 }
    #expect(listener.failures == [.refusedRequest, .refusedRequest, .hungUp])
    #expect(listener.log.value.failures.map(\.detail) == ["404", "426", nil])
    await listener.shutDown()
  }
}
