import NIOHTTP1
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct RetryAfterTests {
  /// 1994-11-06 08:49:37 UTC, the RFC's example.
  static let example = 784_111_777

  @Test func `all three forms of a date are read`() {
    for text in [
      "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ] {
      #expect(HTTPDate.unixTime(text) == Self.example, "\(text)")
    }
    for time in stride(from: 0, to: 8_000_000_000, by: 7_777_777) {
      #expect(HTTPDate.unixTime(HTTPDate.text(UInt64(time))) == time)
    }
    #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(1_709_251_199) == "Thu, 29 Feb 2024 23:59:59 GMT")
    #expect(HTTPDate.unixTime("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
    #expect(HTTPDate.unixTime("Thu, 29 Feb 2024 23:59:59 GMT") == 1_709_251_199)
    #expect(HTTPDate.unixTime("Fri, 01 Mar 2024 00:00:00 GMT") == 1_709_251_200)
    #expect(HTTPDate.unixTime("Friday, 31-Dec-69 23:59:60 GMT") == 3_155_760_000)
    #expect(HTTPDate.unixTime("Fri, 31 Dec 9999 23:59:59 GMT") == 253_402_300_799)
  }

  static let noDates = [
    "", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
    "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT" + String(repeating: " ", count: 40), "1994-11-06T08:49:37Z", ",,,,,GMT",
  ]

  @Test(arguments: noDates)
  func `what is no date is passed over`(text: String) {
    #expect(HTTPDate.unixTime(text) == nil)
    #expect(RetryAfter.delay(in: ["Retry-After": text], at: Self.example) == nil)
  }

  static let delays: [(String, Duration?)] = [
    ("0", .zero), ("5", .seconds(5)), ("120", .seconds(120)), ("99999999999999999999999", .seconds(86_400)),
    ("-1", nil), ("+5", nil), ("5.5", nil), ("5s", nil), ("５", nil),
    ("Sun, 06 Nov 1994 08:49:44 GMT", .seconds(7)), ("Sun, 06 Nov 1994 08:49:00 GMT", .zero),
    ("Sun, 06 Nov 2094 08:49:00 GMT", .seconds(86_400)),
  ]

  @Test(arguments: delays.indices)
  func `seconds and dates say how long to wait`(index: Int) {
    let (text, delay) = Self.delays[index]
    #expect(RetryAfter.delay(in: ["Retry-After": text], at: Self.example) == delay)
  }

  private func delay(_ answer: String, maximum: Duration) async throws -> Duration {
    let server = try await RawServer.start { _ in Array(answer.utf8) }
    let client = try TestClient.start(server.url) { $0.backoff.maximum = maximum }
    guard case .reconnecting(let reason, 1, let delay)? = await client.event() else { throw Unexpected("no event") }
    #expect(reason.code == .atCapacity)
    #expect(reason.retry == .afterEvent)
    client.close()
    await server.stop()
    return delay
  }

  @Test(arguments: ["503 Service Unavailable", "429 Too Many Requests"])
  func `a beacon is left alone as long as it asks, up to the longest delay`(status: String) async throws {
    let answer = "HTTP/1.1 \(status)\r\nRetry-After: 12\r\nContent-Length: 0\r\n\r\n"
    #expect((.seconds(12) ... .seconds(18)).contains(try await delay(answer, maximum: .seconds(30))))
    #expect(try await delay(answer, maximum: .seconds(9)) == .seconds(9))
    let garbage = answer.replacing("12", with: "a while")
    #expect(try await delay(garbage, maximum: .seconds(30)) < .seconds(1))
  }

  @Test func `a beacon that is full is called again when it says`() async throws {
    let listener = try await TestListener.start { $0.limits.maximumConnections = 1 }
    let first = try await TestClient.connect(listener.url())
    let second = try TestClient.start(listener.url(), node: 8) { $0.backoff.maximum = .seconds(30) }
    guard case .reconnecting(_, 1, let delay)? = await second.event() else { throw Unexpected("no event") }
    #expect((.seconds(5) ... .seconds(7.5)).contains(delay))
    first.close()
    second.close()
    await listener.shutDown()
  }
}
