import PilotBeacon
import PilotWire
import Testing

@Suite("The status port", .timeLimit(.minutes(1)))
struct StatusPortTests {
  private func answer(_ request: String) async throws -> String {
    var answer = ""
    try await TestBeacon.run {
      $0.http = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
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
    #expect(head == String(get.dropLast(3)))
  }

  @Test("The page and the metrics are served to targets with a host, too", arguments: ["http://b", "http://b/", "/"])
  func page(_ target: String) async throws {
    #expect(try await answer("GET \(target) HTTP/1.1\r\nHost: b\r\n\r\n").contains("<h1>Pilot beacon</h1>"))
  }

  @Test(
    "A head beyond what the WebSocket port takes is refused",
    arguments: [
      (0..<101).map { "X-\($0): y\r\n" }.joined(), "X: \(String(repeating: "y", count: 9_000))\r\n",
      (0..<9).map { "X-\($0): \(String(repeating: "y", count: 4_000))\r\n" }.joined(),
    ])
  func limits(_ fields: String) async throws {
    let answer = try await answer("GET /health HTTP/1.1\r\nHost: b\r\n\(fields)\r\n")
    #expect(!answer.contains("200 OK"))
  }
}
