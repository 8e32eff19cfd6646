import PilotTesting
import NIOPosix
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// What a beacon gets from port scanners and worse. A trap would end this process, and with it every node's connection.
@Suite(.timeLimit(.minutes(2)))
struct HostileRequestTests {
  private func outcome(of bytes: [UInt8], _ listener: TestListener) async throws -> String {
    let connection = try await RawConnection.connect(to: listener.address)
    // The listener may have hung up before all of it was sent.
    try? await connection.send(bytes)
    return try await connection.takeAll()
  }

  /// What follows an upgrade in the same read is WebSocket, and must not be taken for HTTP.
  @Test(arguments: [
    [], ["Content-Length: 0"], ["Content-Length: 5"], ["Transfer-Encoding: chunked"], ["Connection: keep-alive"],
    ["Connection: close"], ["Connection: foo"], ["Upgrade: h2c"], ["Upgrade: websocket"], ["Expect: 100-continue"],
    ["Sec-WebSocket-Extensions: permessage-deflate"], ["Trailer: x"], ["Connection: , ,"],
  ])
  func `a request behind an upgrade is a broken frame or a refused upgrade, nothing else`(_ added: [String])
    async throws
  {
    let listener = try await TestListener.start { $0.limits.handshakeLimit = .seconds(1) }
    for connection in [
      "Connection: Upgrade", "Connection: keep-alive, Upgrade", "Connection: foo,,upgrade", "Connection: ,upgrade",
      "Connection:upgrade,", "Connection: upgrade\t", "Connection:\tupgrade", "Connection: \"upgrade\"",
      "Connection: upgrade ,close", "Connection: close,upgrade", "Connection: x\r\nConnection: upgrade",
      "Connection: upgrade\r\nConnection: x", "Connection: upgrade, upgrade", "CONNECTION: UPGRADE",
    ] {
      for body in ["", "abcde", "5\r\nabcde\r\n0\r\n\r\n", "0\r\n\r\n"] {
        let request =
          UpgradeRequest.text(without: "Connection", with: [connection] + added) + body
          + "GET /health HTTP/1.1\r\nHost: b\r\n\r\n"
        let answer = try await outcome(of: Array(request.utf8), listener)
        #expect(!answer.contains("ok\n"), "\(connection) \(added) \(body)")
      }
    }
    await listener.shutDown()
    #expect(listener.listener.openConnections == 0)
  }

  @Test func `requests behind an answered one get no answer`() async throws {
    let listener = try await TestListener.start()
    let request = Array("GET /health HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
    let answer = try await outcome(of: [[UInt8]](repeating: request, count: 100).flatMap { $0 }, listener)
    #expect(answer.components(of: "HTTP/1.1 200 OK") == 1)
    await listener.shutDown()
  }

  @Test func `what is no HTTP ends the connection`() async throws {
    let listener = try await TestListener.start()
    var random = SeededRandom(seed: 1)
    let hello: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]
    #expect(try await outcome(of: hello + random.bytes(200), listener).isEmpty)
    for text in ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET\r\n\r\n"] {
      #expect(try await outcome(of: Array(text.utf8), listener).hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    }
    #expect(listener.failures == [.notHTTP, .badRequest, .badRequest])
    await listener.shutDown()
  }

  @Test(arguments: [
    "GET /\(String(repeating: "a", count: 1 << 20)) HTTP/1.1\r\nHost: b\r\n\r\n",
    UpgradeRequest.text(with: ["X: \(String(repeating: "a", count: 1 << 20))"]),
    UpgradeRequest.text(with: (0..<10_000).map { "X-\($0): y" }),
    UpgradeRequest.text(with: (0..<90).map { "X-\($0): \(String(repeating: "y", count: 1_000))" }),
  ])
  func `heads that are too large are refused before they fill the memory`(request: String) async throws {
    let listener = try await TestListener.start()
    let answer = try await outcome(of: Array(request.utf8), listener)
    #expect(answer.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"))
    #expect(listener.failures == [.headTooLarge] && listener.log.value.refusals.isEmpty)
    await listener.shutDown()
  }

  @Test func `random changes to an upgrade never do more than end the connection`() async throws {
    let listener = try await TestListener.start {
      $0.limits.handshakeLimit = .milliseconds(200)
      $0.limits.authenticationLimit = .milliseconds(200)
    }
    var random = SeededRandom(seed: 20_260)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for round in 0..<300 {
        var bytes = Array(UpgradeRequest.text().utf8) + RawFrame.text("x", mask: [1, 2, 3, 4]).bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let index = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
          case 1: bytes.remove(at: index)
          default:
            bytes.insert(contentsOf: Array(",\r\n: ".utf8).randomElement(using: &random).map { [$0] } ?? [], at: index)
          }
        }
        let request = bytes
        if round >= 20 { _ = try await group.next() }
        group.addTask { _ = try await outcome(of: request, listener) }
      }
      try await group.waitForAll()
    }
    await listener.shutDown()
    #expect(listener.listener.openConnections == 0)
  }

  @Test(arguments: [false, true])
  func `a connection that says nothing, or speaks too slowly, is cut off at the limit`(secure: Bool) async throws {
    let files = try TestFiles()
    let tls = secure ? try ServerTLS(certificate: files.path("server"), key: files.path("server-key")) : nil
    let listener = try await TestListener.start(tls: tls) { $0.limits.handshakeLimit = .milliseconds(300) }
    for start in ["", "GET", "GET /v1/compat HTTP/1.1\r\nHost: b\r\n"] {
      let connection = try await RawConnection.connect(to: listener.address)
      if !start.isEmpty { try? await connection.send(start) }
      try await connection.closed()
    }
    // Over TLS what isn't TLS is seen sooner.
    #expect(listener.failures == (secure ? [.timedOut, .notTLS, .notTLS] : [.timedOut, .timedOut, .timedOut]))
    await listener.shutDown()
  }

  @Test func `handshakes beyond the bound make room for newcomers, and who is through stays`() async throws {
    let listener = try await TestListener.start(group: MultiThreadedEventLoopGroup.singleton.next()) {
      $0.limits.maximumHandshakes = 2
    }
    let through = try await HandshakingNode.established(at: listener)
    var silent: [RawConnection] = []
    for _ in 0..<10 { silent.append(try await RawConnection.connect(to: listener.address)) }
    let newcomer = try await HandshakingNode.established(at: listener, as: 8)
    for connection in silent.dropLast() { try await connection.closed() }
    #expect(listener.failures == Array(repeating: .displaced, count: 9))
    #expect(listener.log.value.present.map(\.node.rawValue) == [7, 8])
    for connection in [silent[9], through.connection, newcomer.connection] { connection.close() }
    await listener.shutDown()
    #expect(listener.listener.openConnections == 0)
  }

  @Test func `a shutdown is not held up by connections that say nothing`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    for tls in [nil, tls] {
      let listener = try await TestListener.start(tls: tls) { $0.limits.handshakeLimit = .seconds(600) }
      let connection = try await RawConnection.connect(to: listener.address)
      while listener.listener.openConnections < 1 { await Task.yield() }
      await listener.shutDown()
      try await connection.closed()
    }
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(of part: String) -> Int {
    indices.count { self[$0...].hasPrefix(part) }
  }
}
