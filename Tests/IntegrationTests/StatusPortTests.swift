import Foundation
import NIOCore
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("The status port", .timeLimit(.minutes(1)))
struct StatusPortTests {
  private func answer(_ request: String) async throws -> String {
    var answer = ""
    try await TestBeacon.run {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      $0.httpNames = ["b", "My_Beacon.example"]
    } _: { beacon in
      let address = try #require(beacon.server.addresses.http)
      answer = try await HTTPExchange.answer(to: request, from: address)
    }
    return answer
  }

  @Test(
    "Health is told at both paths, whichever form the target has",
    arguments: ["/health", "/healthz", "/healthz?x=y", "http://b/health", "HTTP://b:9100/healthz"])
  func health(_ target: String) async throws {
    let get = try await answer("GET \(target) HTTP/1.1\r\nHost: b\r\n\r\n")
    #expect(get.hasPrefix("HTTP/1.1 200 OK\r\n") && get.hasSuffix("\r\n\r\nok\n"))
    let head = try await answer("HEAD \(target) HTTP/1.1\r\nHost: b\r\n\r\n")
    // A second may begin between the two.
    let date = /\r\nDate: [^\r]*/
    #expect(head.replacing(date, with: "") == String(get.dropLast(3)).replacing(date, with: ""))
  }

  @Test("The page and the metrics are served to targets with a host, too", arguments: ["http://b", "http://b/", "/"])
  func page(_ target: String) async throws {
    #expect(try await answer("GET \(target) HTTP/1.1\r\nHost: b\r\n\r\n").contains("<h1>Pilot beacon "))
  }

  @Test(
    "A head beyond what the WebSocket port takes is refused",
    arguments: [
      (0..<101).map { "X-\($0): y\r\n" }.joined(), "X: \(String(repeating: "y", count: 9_000))\r\n",
      (0..<9).map { "X-\($0): \(String(repeating: "y", count: 4_000))\r\n" }.joined(),
    ])
  func limits(_ fields: String) async throws {
    let answer = try await answer("GET /health HTTP/1.1\r\nHost: b\r\n\(fields)\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 431 "))
  }

  @Test(
    "It is asked by address, as localhost, or by its names",
    arguments: [
      "127.0.0.1", "127.0.0.1:9100", "[::1]:9100", "192.0.2.1", "localhost", "LOCALHOST:80", "localhost.", "b:1",
      "my_beacon.example:9100",
    ])
  func ownHost(_ host: String) async throws {
    let answer = try await answer("GET /health HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 200 "))
  }

  @Test(
    "A page whose name leads here reads nothing",
    arguments: [
      "GET / HTTP/1.1\r\nHost: evil.example", "GET /metrics HTTP/1.1\r\nHost: evil.example:9100",
      "GET http://evil.example/ HTTP/1.1\r\nHost: localhost", "GET / HTTP/1.1\r\nHost: a b",
      "GET / HTTP/1.1\r\nHost: localhost.evil.example", "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example",
    ])
  func otherHost(_ request: String) async throws {
    #expect(try await answer("\(request)\r\n\r\n").hasPrefix("HTTP/1.1 421 "))
  }

  @Test("A request needs one Host", arguments: ["", "Host: b\r\nHost: b\r\n"])
  func hosts(_ fields: String) async throws {
    #expect(try await answer("GET /health HTTP/1.1\r\n\(fields)\r\n").hasPrefix("HTTP/1.1 400 "))
  }

  @Test(
    "Each answer says that it is what it says, and that nothing of it runs", arguments: ["/", "/metrics", "/nothing"])
  func fields(_ target: String) async throws {
    let answer = try await answer("GET \(target) HTTP/1.1\r\nHost: b\r\n\r\n")
    #expect(answer.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
    #expect(answer.contains("\r\nContent-Security-Policy: default-src 'none';"))
  }

  @Test("It is ready, and tells how things stand as JSON")
  func report() async throws {
    #expect(try await answer("GET /ready HTTP/1.1\r\nHost: b\r\n\r\n").hasSuffix("\r\n\r\nready\n"))
    let answer = try await answer("GET /status.json HTTP/1.1\r\nHost: b\r\n\r\n")
    #expect(answer.contains("\r\nContent-Type: application/json\r\n"))
    #expect(answer.contains(#""phase":"serving""#) && answer.contains(#""peers":{"handshakes":0,"#))
  }

  @Test("It is ready until it is full")
  func full() async throws {
    try await TestBeacon.run {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      $0.wss?.limits.maximumConnections = 1
    } _: { beacon in
      let address = try #require(beacon.server.addresses.http)
      func ready() async throws -> String? {
        try await HTTPExchange.answer(to: "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", from: address)
          .split(separator: "\r\n").last.map(String.init)
      }
      #expect(try await ready() == "ready\n")
      let node = try await beacon.connect(1)
      try await beacon.awaitStatistics { $0.router.wssPeers == 1 }
      #expect(try await ready() == "full\n")
      node.transport.close()
      while try await ready() != "ready\n" { try Task.checkCancellation() }
    }
  }

  @Test("It isn't ready before connections are accepted, nor while its registry has given no key")
  func obstacles() async throws {
    let answer = RegistryLookup.promise()
    answer.fail(TransportError(code: .timedOut, message: "nothing came"))
    let silence = answer.futureResult
    let keys = RegistryDirectory(configuration: .init(), now: { .now() }, ask: { _, _ in silence })
    try await TestBeacon.run(keys: keys) {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    } _: { beacon in
      let feed = try #require(beacon.server.parts.status?.feed)
      #expect(feed.readiness().obstacle() == nil)
      _ = try? await keys.publicKey(of: RawNode.id(1))
      #expect(feed.readiness().obstacle() == "no keys")
      try beacon.server.parts.listener?.stopListening(on: beacon.server.listening.group)
      #expect(feed.readiness().obstacle() == "not accepting")
    }
  }

  @Test("Whoever watches gets the past once and a report each second, and is let go at the end")
  func events() async throws {
    var stream: EventLoopFuture<String>?
    try await TestBeacon.run {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    } _: { beacon in
      let address = try #require(beacon.server.addresses.http)
      stream = try await HTTPExchange.begin("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", at: address)
      try await Self.awaitMetric("pilot_beacon_status_watchers 1", at: address)
      // The first report comes at once. A node that attaches is in one of those that follow.
      let node = try await beacon.connect(7)
      try await beacon.awaitStatistics { $0.router.wssPeers == 1 }
      let reports = beacon.server.parts.status?.feed
      reports?.tick(at: .now().advanced(by: .seconds(1)))
      node.transport.close()
    }
    let text = try #require(try await stream?.get())
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.contains("\r\nContent-Type: text/event-stream\r\n"))
    #expect(text.components(separatedBy: "event: history\n").count == 2)
    #expect(text.components(separatedBy: "event: report\n").count >= 3)
    #expect(text.contains(#""text":"Node attached""#) && text.contains(#""wss":1"#))
  }

  @Test("Who watches and doesn't read is closed and counted, and others watch on")
  func unread() async throws {
    try await TestBeacon.run {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    } _: { beacon in
      let address = try #require(beacon.server.addresses.http)
      let feed = try #require(beacon.server.parts.status?.feed)
      let request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
      let stalled = try await HTTPExchange.stall(request, at: address)
      _ = try await HTTPExchange.begin(request, at: address)
      try await Self.awaitMetric("pilot_beacon_status_watchers 2", at: address)
      // More than the kernel's buffers and the backlog hold; between some reports who reads gets to read them.
      var written = 0
      while feed.droppedWatchers == 0 {
        try Task.checkCancellation()
        for _ in 0..<64 {
          let now = MonotonicInstant.now()
          feed.tick(at: now)
          written += feed.report(at: now).utf8.count
        }
        _ = try await HTTPExchange.answer(to: "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", from: address)
      }
      #expect(written > StatusFeed.backlogLimit)
      try await Self.awaitMetric("pilot_beacon_status_watchers_dropped_total 1", at: address)
      #expect(feed.watchers == 1)
      try? await stalled.close()
    }
  }

  @Test("Sixteen may watch")
  func watchers() async throws {
    try await TestBeacon.run {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    } _: { beacon in
      let address = try #require(beacon.server.addresses.http)
      let request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
      for _ in 0..<16 { _ = try await HTTPExchange.begin(request, at: address) }
      try await Self.awaitMetric("pilot_beacon_status_watchers 16", at: address)
      #expect(try await HTTPExchange.answer(to: request, from: address).hasPrefix("HTTP/1.1 503 "))
    }
  }

  @Test("With a token, page and metrics are for whoever has it, and health for everybody")
  func token() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
    try Data("0123456789abcdef\n".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let log = LogRecorder()
    try await TestBeacon.run(logger: log.logger) {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      $0.httpToken = file.path
    } _: { beacon in
      let address = try #require(beacon.server.addresses.http)
      func status(_ path: String, _ field: String = "") async throws -> Substring {
        try await HTTPExchange.answer(to: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n", from: address)
          .dropFirst("HTTP/1.1 ".count).prefix(3)
      }
      for path in ["/", "/metrics", "/status.json", "/events", "/nothing"] {
        #expect(try await status(path) == "401")
        #expect(try await status(path, "Authorization: Bearer 0123456789abcdeF\r\n") == "401")
      }
      for path in ["/", "/metrics", "/status.json"] {
        #expect(try await status(path, "Authorization: Bearer 0123456789abcdef\r\n") == "200")
      }
      for path in ["/health", "/healthz", "/ready"] { #expect(try await status(path) == "200") }
      #expect((beacon.server.statistics.statusFailures["refused_request"] ?? 0) == 10)
    }
    #expect(!log.lines(beginning: "").contains { "\($0)".contains("0123456789abcde") })
  }

  private static func awaitMetric(_ line: String, at address: Endpoint) async throws {
    let get = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    while try await !HTTPExchange.answer(to: get, from: address).contains("\n\(line)\n") {
      try Task.checkCancellation()
    }
  }

  @Test("Silent connections keep nobody out, and what isn't served is counted")
  func silent() async throws {
    let log = LogRecorder()
    try await TestBeacon.run(logger: log.logger) {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    } _: { beacon in
      let address = try #require(beacon.server.addresses.http)
      for _ in 0..<70 { _ = try await HTTPExchange.begin("GET /", at: address) }
      let get = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
      // Who is displaced is counted on its own event loop, maybe after the newcomer's answer.
      let displaced = /pilot_beacon_status_failures_total\{reason="displaced"\} (\d+)/
      var answer = ""
      repeat {
        answer = try await HTTPExchange.answer(to: get, from: address)
      } while try displaced.firstMatch(in: answer).flatMap { Int($0.1) } ?? 0 < 7
      #expect(answer.contains("pilot_beacon_handshake_failures_total{reason=\"denied\"} 0"))
      let line = try #require(log.lines(beginning: "Request for status").first)
      #expect(line.metadata["reason"] == "displaced" && line.metadata["remote"]?.hasPrefix("127.0.0.1:") == true)
    }
  }
}
