import PilotTesting
import NIOCore
import NIOPosix
import NIOSSL
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Dials through proxies that answer byte by byte as they are told.
@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
  private static let beacon = WSSURL(isSecure: false, host: "beacon.test", port: 9_443)
  private static let head = "CONNECT beacon.test:9443 HTTP/1.1\r\nHost: beacon.test:9443\r\n"

  /// A client that dials for ever.
  private func client(
    _ server: RawServer, _ scheme: String = "http", user: String? = nil,
    renew: (@Sendable () async throws -> ProxyCredentials)? = nil
  ) throws -> TestClient {
    let configuration = try Self.configured(server, scheme, user: user, renew: renew)
    return try TestClient(try WSSTransport.start(configuration))
  }

  private static func configured(
    _ server: RawServer, _ scheme: String = "http", user: String? = nil,
    renew: (@Sendable () async throws -> ProxyCredentials)? = nil
  ) throws -> WSSTransport.Configuration {
    var configuration = try TestClient.configuration(beacon)
    configuration.allowsPlaintext = true
    // The name of the proxy is all that is looked up here.
    configuration.resolver = ScriptedResolver(ipv6: [], ipv4: ["127.0.0.1"])
    let login = user.map { "\($0)@" } ?? ""
    configuration.proxy = .url(try ProxyURL(parsing: "\(scheme)://\(login)proxy.test:\(server.address.port)"))
    configuration.renewProxyCredentials = renew
    return configuration
  }

  /// Echoes a frame through what is now a beacon's connection.
  private func expectBeacon(_ client: TestClient, on connection: RawConnection, again: Bool = false) async throws {
    let beacon = FakeBeacon(connection: connection)
    try await beacon.establish()
    await client.expectConnected(again: again)
    try client.send([1, 2, 3])
    #expect(try await connection.takeFrame() == .binary([1, 2, 3]))
  }

  @Test func `a tunnel leads to the beacon, whose name the proxy resolves, and so does each one after it`() async throws
  {
    let server = try await RawServer.start()
    let resolver = ScriptedResolver(ipv6: [], ipv4: ["127.0.0.1"])
    var configuration = try Self.configured(server)
    configuration.resolver = resolver
    let client = try TestClient(try WSSTransport.start(configuration))
    for round in 0..<2 {
      let connection = try await server.next()
      let request = try await connection.takeHead()
      #expect(request.hasPrefix(Self.head) && !request.contains("Authorization"))
      try await connection.send("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")
      try await expectBeacon(client, on: connection, again: round > 0)
      connection.close()
      if round == 0 { _ = try await client.reasonToReconnect() }
    }
    #expect(resolver.asked.value.allSatisfy { $0.0 == "proxy.test" })
    client.close()
    await server.stop()
  }

  @Test func `the answer may come in pieces, and with the beacon's first bytes behind it`() async throws {
    let server = try await RawServer.start()
    let client = try client(server)
    let connection = try await server.next()
    _ = try await connection.takeHead()
    for byte in "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n".utf8 { try await connection.send([byte]) }
    try await expectBeacon(client, on: connection)
    client.close()
    await server.stop()
  }

  @Test func `user and password of the URL are shown at once`() async throws {
    let server = try await RawServer.start()
    let client = try client(server, user: "us%40er:p%3Aw")
    let connection = try await server.next()
    #expect(try await connection.takeHead().contains("\r\nProxy-Authorization: Basic dXNAZXI6cDp3\r\n"))
    try await connection.send("HTTP/1.1 200 OK\r\n\r\n")
    try await expectBeacon(client, on: connection)
    client.close()
    await server.stop()
  }

  /// What a proxy answers instead of making a tunnel, and what is said of it.
  private static let refusals: [(String, String, RetryAdvice)] = [
    (
      "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
      "wants a user and a password (407); give them", .never
    ),
    ("HTTP/1.1 401 No\r\n\r\n", "wants a user and a password (401)", .never),
    (
      "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n",
      "NTLM, Negotiate (Kerberos) (407), which isn't spoken here; run a proxy", .never
    ),
    ("HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n", "Digest", .never),
    ("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM, Basic realm=\"x\"\r\n\r\n", "a user and a password", .never),
    (
      "HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n",
      "forbids a tunnel to beacon.test:9443 (403): ERR_ACCESS_DENIED 0; its administrators", .never
    ),
    ("HTTP/1.1 405 Method Not Allowed\r\n\r\n", "is it a proxy?", .never),
    ("HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n", "login page", .later(after: nil)),
    ("HTTP/1.1 503 a\u{1B}[1mb\r\nProxy-Status: p; error=dns_error\r\n\r\n", "can't be read", .later(after: nil)),
    (
      "HTTP/1.1 502 Bad Gateway\r\nProxy-Status: p; error=dns_error\r\n\r\n",
      "did not reach beacon.test:9443 (502 Bad Gateway): p; error=dns_error", .later(after: nil)
    ),
    ("HTTP/1.1 599 What\r\n\r\n", "answered 599 What instead of making a tunnel", .later(after: nil)),
    ("SSH-2.0-x\r\n", "does not answer in HTTP; is it a proxy?", .later(after: nil)),
    ("\u{15}\u{3}\u{1}", "write https://", .later(after: nil)),
    ("\u{5}\u{FF}", "write socks5://", .later(after: nil)),
    ("HTTP/1.1 200 OK\r\nA: " + String(repeating: "a", count: 20_000), "without end", .later(after: nil)),
  ]

  @Test(arguments: refusals.indices)
  func `a refusal is explained, and shows no credentials`(index: Int) async throws {
    let (answer, reason, retry) = Self.refusals[index]
    let server = try await RawServer.start { _ in Array(answer.utf8) }
    let error = await failure { _ = try await WSSTransport.connect(Self.configured(server)) }
    #expect(error?.code == .proxyRefused)
    #expect(error?.message.contains(reason) == true, "\(error as Any)")
    #expect(error?.message.contains("http://proxy.test:\(server.address.port)") == true)
    #expect(error?.retry == retry)
    #expect(error?.isHopeless == (retry == .never))
    await server.stop()
  }

  /// The next event, which has to say that credentials are held back.
  private func expectHold(_ client: TestClient, _ text: String) async throws {
    let event = await client.event()
    guard case .reconnecting(let reason, _, let delay)? = event else { throw Unexpected(event as Any) }
    #expect(reason.message.contains(text), "\(reason)")
    #expect(reason.message.contains("the same credentials again in 10 min"), "\(reason)")
    #expect(!"\(reason)".contains("hunter"))
    // Less the moments of this test.
    #expect(delay > .seconds(540) && delay <= .seconds(600), "a wrong password too often can lock somebody out")
  }

  @Test func `credentials that are refused stand in no error, and nothing has them shown again at once`() async throws {
    let server = try await RawServer.start { _ in Array("HTTP/1.1 407 No\r\n\r\n".utf8) }
    // With the delays of a transport that nobody has changed.
    var configuration = try Self.configured(server, user: "hunter1:hunter2")
    configuration.backoff = Backoff.Configuration()
    let client = try TestClient(try WSSTransport.start(configuration))
    try await expectHold(client, "does not accept these credentials (407)")
    client.transport.redial()
    try await expectHold(client, "has refused these credentials before")
    client.transport.rest()
    guard case .resting? = await client.event() else { throw Unexpected("another event") }
    client.transport.dial()
    try await expectHold(client, "has refused these credentials before")
    #expect(server.waiting == 1, "each connection shows the password once")
    client.close()
    await server.stop()
  }

  /// What one attempt to get through a proxy comes to.
  private func route(_ server: RawServer, through access: ProxyAccess) async throws -> TransportError? {
    let configuration = try Self.configured(server)
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let route = NIOLoopBoundBox<ProxiedConnector?>.makeEmptyBox(valueType: ProxiedConnector.self, eventLoop: loop)
    return await withCheckedContinuation { continuation in
      loop.execute {
        let attempt = ProxiedConnector(configuration, through: access, loop: loop) { result in
          switch result {
          case .success(let channel):
            channel.close(promise: nil)
            continuation.resume(returning: nil)
          case .failure(let error): continuation.resume(returning: error)
          }
        }
        route.value = attempt
        attempt.open()
      }
    }
  }

  @Test func `refused credentials are shown again when their time is over, and forgotten with a tunnel`() async throws {
    let server = try await RawServer.start { _ in Array("HTTP/1.1 200 OK\r\n\r\n".utf8) }
    let access = try ProxyAccess(ProxyURL(parsing: "http://user:hunter2@proxy.test:\(server.address.port)"))
    let credentials = try #require(access.credentials)
    let hold = RefusedCredentials.firstHold
    access.refused(credentials, at: .now().advanced(by: .zero - hold))
    #expect(try await route(server, through: access) == nil)
    #expect(try await server.next().takeHead().contains("Proxy-Authorization"))
    // The tunnel has ended what there was: this is the first refusal.
    access.refused(credentials, at: .now().advanced(by: .seconds(60) - hold))
    let held = try await route(server, through: access)
    #expect(held?.message.contains("has refused these credentials before") == true, "\(held as Any)")
    #expect(server.waiting == 0)
    #expect(try #require(access.hold(at: .now())) <= .seconds(60))
    await server.stop()
  }

  @Test func `a password that a SOCKS proxy refuses isn't shown to it again either`() async throws {
    let server = try await RawServer.start()
    let client = try client(server, "socks5", user: "user:hunter2")
    let connection = try await server.next()
    #expect(try await connection.take { _ in 4 } == [5, 2, 0, 2])
    try await connection.send([5, 2])
    _ = try await connection.take { _ in 14 }
    try await connection.send([1, 1])
    try await expectHold(client, "does not accept these credentials")
    client.transport.redial()
    try await expectHold(client, "has refused these credentials before")
    #expect(server.waiting == 0)
    client.close()
    await server.stop()
  }

  @Test func `a beacon that is about to end is left with the credentials that the proxy has accepted`() async throws {
    let server = try await RawServer.start()
    let asked = Watched(0)
    let client = try client(server, user: "old:old") {
      asked.update { $0 += 1 }
      return try ProxyCredentials(user: "user", password: "pw")
    }
    let first = try await server.nextBeacon()
    _ = try await first.connection.takeHead()
    try await first.connection.send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
    _ = try await first.connection.takeHead()
    try await first.connection.send("HTTP/1.1 200 OK\r\n\r\n")
    try await first.establish(.v2)
    await client.expectConnected()
    try await first.send(.text(try #require(DrainNotice(comeBack: .atOnce)).json))
    #expect(try await server.next().takeHead().contains("\r\nProxy-Authorization: Basic dXNlcjpwdw==\r\n"))
    #expect(asked.value == 1)
    client.close()
    await server.stop()
  }

  @Test func `after a refusal others are asked for first, and the same again are not shown`() async throws {
    let server = try await RawServer.start()
    let gives = Watched("new")
    let client = try client(server, user: "old:old") { try ProxyCredentials(user: gives.value, password: "hunter2") }
    let first = try await server.next()
    for shown in ["Basic b2xkOm9sZA==", "Basic bmV3Omh1bnRlcjI="] {
      #expect(try await first.takeHead().contains("\r\nProxy-Authorization: \(shown)\r\n"))
      try await first.send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
    }
    #expect(try await client.reasonToReconnect().message.contains("does not accept these credentials"))
    let same = try await client.reasonToReconnect()
    #expect(same.message.contains("the command gave the same again") && !"\(same)".contains("hunter2"), "\(same)")
    gives.update { $0 = "newer" }
    let next = try await server.next()
    #expect(try await next.takeHead().contains("\r\nProxy-Authorization: Basic bmV3ZXI6aHVudGVyMg==\r\n"))
    try await next.send("HTTP/1.1 200 OK\r\n\r\n")
    client.close()
    await server.stop()
  }

  @Test(arguments: [
    ("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno", true), ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", true),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", true),
    ("HTTP/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false), ("HTTP/1.0 407 No\r\n\r\n", false),
    ("garbage\r\n", false),
  ])
  func `new credentials are shown on the same connection where it goes on, and remembered`(
    answer: String, goesOn: Bool
  ) async throws {
    let server = try await RawServer.start()
    let asked = Watched(0)
    let client = try client(server, user: "old:old") {
      asked.update { $0 += 1 }
      return try ProxyCredentials(user: "user", password: "pw")
    }
    var connection = try await server.next()
    #expect(try await connection.takeHead().contains("Basic b2xkOm9sZA=="))
    try await connection.send(answer)
    if !goesOn {
      let next = try await server.next()
      try await connection.closed()
      connection = next
    }
    #expect(try await connection.takeHead().contains("\r\nProxy-Authorization: Basic dXNlcjpwdw==\r\n"))
    try await connection.send("HTTP/1.1 200 OK\r\n\r\n")
    try await expectBeacon(client, on: connection)
    connection.close()
    _ = try await client.reasonToReconnect()
    #expect(try await server.next().takeHead().contains("dXNlcjpwdw=="))
    #expect(asked.value == 1)
    client.close()
    await server.stop()
  }

  @Test func `new credentials are asked for once in an attempt`() async throws {
    let server = try await RawServer.start()
    let asked = Watched(0)
    let configuration = try Self.configured(server) {
      asked.update { $0 += 1 }
      return try ProxyCredentials(user: "user", password: "hunter2")
    }
    async let error = failure { _ = try await WSSTransport.connect(configuration) }
    let connection = try await server.next()
    for _ in 0..<2 {
      _ = try await connection.takeHead()
      try await connection.send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
    }
    let refusal = await error
    #expect(refusal?.message.contains("does not accept these credentials") == true)
    #expect(!"\(refusal as Any)".contains("hunter2"))
    #expect(asked.value == 1)
    await server.stop()
  }

  @Test func `credentials that can't be had are said to be that, without what the source said`() async throws {
    struct Failure: Error { let secret = "hunter2" }
    let server = try await RawServer.start { _ in Array("HTTP/1.1 407 No\r\n\r\n".utf8) }
    let configuration = try Self.configured(server) { throw Failure() }
    let error = await failure { _ = try await WSSTransport.connect(configuration) }
    #expect(error?.message.contains("new ones could not be had: Failure") == true)
    #expect(!"\(error as Any)".contains("hunter2"))
    await server.stop()
  }

  @Test func `where only NTLM is offered, no new credentials are asked for`() async throws {
    let server = try await RawServer.start { _ in Array("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n".utf8) }
    let asked = Watched(0)
    let configuration = try Self.configured(server) {
      asked.update { $0 += 1 }
      return try ProxyCredentials(user: "user", password: "pw")
    }
    let error = await failure { _ = try await WSSTransport.connect(configuration) }
    #expect(error?.message.contains("NTLM") == true && asked.value == 0)
    await server.stop()
  }

  @Test func `a proxy that says nothing is left at the limit, and one that hangs up at once`() async throws {
    let server = try await RawServer.start()
    var configuration = try Self.configured(server)
    configuration.dialLimit = .milliseconds(300)
    let silent = await failure { [configuration] in _ = try await WSSTransport.connect(configuration) }
    #expect(silent?.code == .timedOut)
    #expect(
      silent?.message.contains("the proxy's answer took too long (through the proxy http://proxy.test") == true,
      "\(silent as Any)")
    try await server.next().closed()
    async let error = failure { _ = try await WSSTransport.connect(Self.configured(server)) }
    try await server.next().close()
    #expect(await error?.message.contains("closed the connection before it answered") == true)
    await server.stop()
  }

  @Test func `a tunnel that ends at once is told with the proxy that made it`() async throws {
    let server = try await RawServer.start()
    async let error = failure { _ = try await WSSTransport.connect(Self.configured(server)) }
    let connection = try await server.next()
    _ = try await connection.takeHead()
    try await connection.send("HTTP/1.1 200 OK\r\n\r\n")
    _ = try await connection.takeHead()
    connection.close()
    let refusal = await error
    #expect(refusal?.code == .connectFailed)
    #expect(refusal?.message.contains("(through the proxy http://proxy.test:") == true, "\(refusal as Any)")
    await server.stop()
  }

  @Test func `a proxy that isn't there is told apart from a beacon that isn't`() async throws {
    let server = try await RawServer.start()
    await server.stop()
    let error = await failure { _ = try await WSSTransport.connect(Self.configured(server)) }
    #expect(error?.code == .connectFailed)
    #expect(error?.message.contains("does the proxy run there?") == true)
  }

  @Test(arguments: ["asking", "renewing"])
  func `close ends everything at once, and leaves no connection`(stage: String) async throws {
    let server = try await RawServer.start()
    let isAsked = Watched(false)
    let client = try client(server) {
      isAsked.update { $0 = true }
      // Waits until it is cancelled.
      try await Watched(false).wait { $0 }
      throw CancellationError()
    }
    let connection = try await server.next()
    _ = try await connection.takeHead()
    if stage == "renewing" {
      try await connection.send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
      try await isAsked.wait { $0 }
    }
    client.close()
    guard case .closed? = await client.event() else { throw Unexpected("another event") }
    try await connection.closed()
    await server.stop()
  }

  @Test func `SOCKS 5 leads to the beacon, with a password and by its name`() async throws {
    let server = try await RawServer.start()
    let client = try client(server, "socks5", user: "old:old") { try ProxyCredentials(user: "user", password: "pw") }
    let first = try await server.next()
    #expect(try await first.take { _ in 4 } == [5, 2, 0, 2])
    try await first.send([5, 2])
    #expect(try await first.take { _ in 9 } == [1, 3] + Array("old".utf8) + [3] + Array("old".utf8))
    try await first.send([1, 1])
    let second = try await server.next()
    try await first.closed()
    #expect(try await second.take { _ in 4 } == [5, 2, 0, 2])
    try await second.send([5, 2])
    #expect(try await second.take { _ in 9 } == [1, 4] + Array("user".utf8) + [2] + Array("pw".utf8))
    try await second.send([1, 0])
    #expect(try await second.take { _ in 18 } == [5, 1, 0, 3, 11] + Array("beacon.test".utf8) + [0x24, 0xE3])
    try await second.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    try await expectBeacon(client, on: second)
    client.close()
    await server.stop()
  }

  // MARK: TLS in TLS

  private func dialThrough(
    trust: String, proxyTrust: String, host: String = "127.0.0.1", certificate: String = "server"
  ) async throws -> (TransportError?, requests: [String]) {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("wildcard"), key: files.path("wildcard-key"))
    let listener = try await TestListener.start(tls: tls) {
      $0.names = BeaconNames([HostPort(host: "b.example.com", port: 8_443)], certificate: tls)
    }
    let context = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(files.path(certificate)).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: files.path("\(certificate)-key"), format: .pem))))
    let proxy = try await TunnelProxy.start(to: listener.address, tls: context)
    var configuration = try TestClient.configuration(WSSURL(host: "b.example.com", port: 8_443))
    configuration.trust = .file(files.path(trust))
    configuration.proxyTrust = .file(files.path(proxyTrust))
    configuration.resolver = ScriptedResolver(ipv6: [], ipv4: ["127.0.0.1"])
    configuration.proxy = .url(try ProxyURL(parsing: "https://\(host):\(proxy.address.port)"))
    var error: TransportError?
    do {
      let client = try TestClient(try await WSSTransport.connect(configuration))
      try client.send([7])
      #expect(try await client.next() == [7])
      client.close()
    } catch let failure as TransportError {
      error = failure
    }
    await listener.shutDown()
    await proxy.stop()
    return (error, proxy.requests.value)
  }

  @Test func `TLS runs through a tunnel over TLS, each with a trust of its own`() async throws {
    let (error, requests) = try await dialThrough(trust: "wildcard", proxyTrust: "ca")
    #expect(error == nil, "\(error as Any)")
    #expect(requests.count == 1 && requests[0].hasPrefix("CONNECT b.example.com:8443 HTTP/1.1\r\n"))
  }

  @Test func `the authorities for the beacon count for nothing at the proxy, and the other way round`() async throws {
    let (proxy, noRequests) = try await dialThrough(trust: "ca", proxyTrust: "wildcard")
    #expect(proxy?.code == .proxyRefused)
    #expect(
      proxy?.message.contains("what is given for the beacon counts for the beacon alone") == true, "\(proxy as Any)")
    #expect(noRequests.isEmpty)
    let (beacon, requests) = try await dialThrough(trust: "ca", proxyTrust: "ca")
    #expect(beacon?.code == .tlsFailed && requests.count == 1)
    #expect(beacon?.message.contains("b.example.com") == true && beacon?.message.contains("https://127.0.0.1") == true)
    let (name, _) = try await dialThrough(
      trust: "wildcard", proxyTrust: "wildcard", host: "proxy.test", certificate: "wildcard")
    #expect(name?.code == .proxyRefused, "\(name as Any)")
    #expect(name?.message.contains("doesn't name the host proxy.test") == true)
  }

  @Test func `a proxy in the clear that is called https is told`() async throws {
    let server = try await RawServer.start()
    var configuration = try Self.configured(server, "https")
    configuration.proxyTrust = .pem(Array(TestPEM.authority.utf8))
    async let error = failure { [configuration] in _ = try await WSSTransport.connect(configuration) }
    let connection = try await server.next()
    _ = try await connection.take { $0.count > 100 ? 1 : nil }
    try await connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
    #expect(await error?.message.contains("is it an http:// one?") == true)
    await server.stop()
  }
}
