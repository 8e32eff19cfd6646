import NIOCore
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// What a person learns of an answer that upgrades nothing.
struct RefusalReasonTests {
  private func error(of answer: String) throws -> TransportError? {
    let dial = try EmbeddedDial()
    dial.receive(answer)
    return dial.error
  }

  private func refusal(_ fields: String, body: String, status: String = "400 Bad Request") -> String {
    "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test(arguments: ["301 Moved Permanently", "302 Found", "303 See Other", "307 X", "308 Y"])
  func `a redirect's target is named, without what may be secret`(status: String) throws {
    let target = "https://user:hunter2@login.example/path?token=hunter2#hunter2"
    let error = try error(of: "HTTP/1.1 \(status)\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n")
    #expect(error?.code == .upgradeRefused)
    #expect(error?.message.contains("redirects to \"https://…@login.example/path…\"") == true, "\(error as Any)")
    #expect(error?.message.contains(status.prefix(3)) == true)
    #expect(error?.message.contains("hunter2") == false)
  }

  @Test func `a redirect's target is bounded, and may be missing`() throws {
    let long = "https://a/" + String(repeating: "b", count: 5_000)
    let bounded = try error(of: "HTTP/1.1 302 Found\r\nLocation: \(long)\r\n\r\n")
    #expect(bounded?.message.contains("https://a/bbb") == true)
    #expect(bounded.map { $0.message.count < 400 } == true)
    #expect(try error(of: "HTTP/1.1 302 Found\r\n\r\n")?.message.contains("without saying where to") == true)
  }

  @Test func `the first line of a refusal's text is shown`() throws {
    let text = "Content-Type: text/plain; charset=utf-8\r\n"
    let error = try error(of: refusal(text, body: "\r\n The request's Sec-WebSocket-Key is wrong.\nMore.\n"))
    #expect(error?.code == .upgradeRefused)
    #expect(
      error?.message.hasSuffix(
        "answered 400 Bad Request instead of upgrading: \"The request's Sec-WebSocket-Key is wrong.\"") == true)
    let full = try self.error(of: refusal(text, body: "Full.", status: "503 Service Unavailable"))
    #expect(full?.message.hasSuffix("is at capacity (503): \"Full.\"") == true)
  }

  @Test func `what isn't a text for people is not shown`() throws {
    for fields in ["Content-Type: text/html\r\n", "", "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n"] {
      let error = try error(of: refusal(fields, body: "<html>secret</html>"))
      #expect(error?.message.hasSuffix("answered 400 Bad Request instead of upgrading") == true)
    }
  }

  @Test func `a refusal's text is printable and bounded`() throws {
    let fields = "Content-Type: text/plain\r\n"
    let steering = try error(of: refusal(fields, body: "a\u{1B}[2Jb\u{202E}c\u{2028}d\u{0}e"))
    #expect(steering?.message.hasSuffix(": \"a [2Jb c d e\"") == true, "\(steering as Any)")
    let long = try error(of: refusal(fields, body: String(repeating: "x", count: 100_000)))
    #expect(long?.message.hasSuffix(String(repeating: "x", count: 200) + "…\"") == true)
    #expect(long.map { $0.message.count < 400 } == true)
  }

  @Test func `a refusal's text that does not come is not waited for`() throws {
    let dial = try EmbeddedDial()
    dial.receive("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nSo far")
    dial.advance(by: .seconds(1) - .nanoseconds(1))
    #expect(dial.error == nil)
    dial.advance(by: .nanoseconds(1))
    #expect(dial.error?.message.hasSuffix("instead of upgrading: \"So far\"") == true)
  }

  @Test func `a refusal's text that breaks off or is followed by nonsense counts as far as it came`() throws {
    let broken = try EmbeddedDial()
    broken.receive("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nSo far")
    broken.hangUp()
    #expect(broken.error?.message.hasSuffix("\"So far\"") == true)
    let chunked = try EmbeddedDial()
    chunked.receive("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunked.receive("2\r\nSo\r\nzz\r\n")
    #expect(chunked.error?.message.hasSuffix("\"So\"") == true)
  }

  @Test func `another answer behind a refusal upgrades nothing`() throws {
    let dial = try EmbeddedDial()
    let upgrade = String(decoding: FakeBeacon.acceptance(of: try dial.request()), as: UTF8.self)
    dial.receive("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nNo\(upgrade)\u{1}")
    #expect(dial.error?.message.hasSuffix("\"No\"") == true)
  }

  /// What is changed in a right answer, and the field that the error names.
  static let faults: [(String, String, String)] = [
    ("Upgrade: websocket", "Upgrade: h2c", "its Upgrade field"),
    ("Upgrade: websocket\r\n", "", "its Upgrade field"),
    ("Connection: Upgrade", "Connection: keep-alive", "its Connection field"),
    ("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x", "its Sec-WebSocket-Accept"),
    ("pilot.v1", "chat", "its Sec-WebSocket-Protocol isn't pilot.v2 or pilot.v1"),
    ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "its Sec-WebSocket-Extensions"),
  ]

  @Test(arguments: faults.indices)
  func `a 101 that is wrong is told by its field`(index: Int) throws {
    let (right, wrong, field) = Self.faults[index]
    let dial = try EmbeddedDial()
    let answer = String(decoding: FakeBeacon.acceptance(of: try dial.request()), as: UTF8.self)
    dial.receive(answer.replacing(right, with: wrong))
    #expect(dial.error?.code == .upgradeRefused)
    #expect(dial.error?.message.contains("answered 101 without a valid WebSocket handshake: \(field)") == true)
  }

  @Test func `the dial's limit ends the wait for a refusal's text, too`() throws {
    let dial = try EmbeddedDial()
    dial.receive("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nNo")
    #expect(dial.error == nil)
    dial.reachLimit()
    #expect(dial.error?.code == .upgradeRefused)
    #expect(dial.error?.message.hasSuffix("\"No\"") == true)
  }

  @Test func `the request names the client and its version`() throws {
    let request = try EmbeddedDial().request()
    #expect(request.contains("\r\nUser-Agent: pilot-transport/\(PackageVersion.text)\r\n"))
    #expect(request.hasPrefix("GET /v1/compat HTTP/1.1\r\nHost: 192.0.2.1\r\n"))
  }

  @Test func `informational answers without end end the attempt`() throws {
    let dial = try EmbeddedDial()
    for _ in 0..<HandshakeGate.headLimit { dial.receive("HTTP/1.1 100 Continue\r\n\r\n") }
    #expect(dial.error == nil)
    dial.receive("HTTP/1.1 100 Continue\r\n\r\n")
    #expect(dial.error?.code == .upgradeRefused)
    #expect(dial.error?.message.contains("sent more than 8 HTTP heads") == true)
  }
}
