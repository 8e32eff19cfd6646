import NIOCore
import NIOHTTP1
import PilotTesting
import Testing

@testable import PilotWSS

struct HTTPHeadReaderTests {
  private func read(_ text: String) throws -> HTTPRequestHead? {
    var reader = HTTPHeadReader()
    return try reader.read(ByteBuffer(string: text))
  }

  private func fault(of text: String) -> HTTPHeadReader.Fault? {
    do {
      _ = try read(text)
      return nil
    } catch {
      return error as? HTTPHeadReader.Fault
    }
  }

  @Test func `a head is read, and what is behind it stays`() throws {
    var reader = HTTPHeadReader()
    let text =
      "GET /v1/compat?a=b HTTP/1.1\r\nHost: my_host:80\r\nX-Empty:\r\nX-Two: \t a b\t\r\nx-two:c\r\n\r\n\r\nrest"
    let head = try #require(try reader.read(ByteBuffer(string: text)))
    #expect(head.method == .GET && head.uri == "/v1/compat?a=b" && head.version == .http1_1)
    #expect(head.headers["host"] == ["my_host:80"] && head.headers["X-Empty"] == [""])
    #expect(head.headers["X-Two"] == ["a b", "c"])
    #expect(String(buffer: reader.takeRest()) == "\r\nrest")
  }

  @Test func `a head without fields, of an older version, with any method`() throws {
    let head = try #require(try read("brew * HTTP/1.0\r\n\r\n"))
    #expect(head.method.rawValue == "brew" && head.uri == "*" && head.version == .http1_0 && head.headers.isEmpty)
  }

  @Test func `a head is the same however it is cut`() throws {
    let text = "GET / HTTP/1.1\r\nHost: b\r\nA: \u{E4}\r\n\r\nx"
    let whole = try #require(try read(text))
    let bytes = Array(text.utf8)
    for cut in 0..<bytes.count {
      var reader = HTTPHeadReader()
      let first = try reader.read(ByteBuffer(bytes: bytes[..<cut]))
      #expect(first == nil || cut >= bytes.count - 1)
      if first == nil { #expect(try reader.read(ByteBuffer(bytes: bytes[cut...])) == whole) }
    }
    var reader = HTTPHeadReader()
    var heads: [HTTPRequestHead] = []
    for byte in bytes.dropLast() {
      if let head = try reader.read(ByteBuffer(bytes: [byte])) { heads.append(head) }
    }
    #expect(heads == [whole])
  }

  @Test(arguments: [
    "GET / HTTP/1.1\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\n",
    "GET\r\n\r\n", "GET /\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
    "GET / http/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", "GET / HTTP/1.12\r\n\r\n", "GET /\u{7F} HTTP/1.1\r\n\r\n",
    "GET /\u{E4} HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost : b\r\n\r\n", "GET / HTTP/1.1\r\n Host: b\r\n\r\n",
    "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\n: b\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n",
    "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "GET / HTTP/1.1\r\nA: \u{0}\r\n\r\n", "GET / HTTP/1.1\r\nA\u{E4}: b\r\n\r\n",
    "GET / HTTP/1.1\r\r\n\r\n", "GET\t/ HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n",
  ])
  func `a broken head is refused with the reason`(_ text: String) {
    guard case .malformed? = fault(of: text) else {
      return #expect(Bool(false), "\(String(describing: fault(of: text)))")
    }
  }

  @Test(arguments: ["\u{16}\u{3}\u{1}", "\r\n", " GET / HTTP/1.1\r\n\r\n", "\u{0}", "{\"a\":1}", "<html>"])
  func `what doesn't begin with a method is no HTTP, at the first byte`(_ text: String) {
    #expect(fault(of: text) == .notHTTP)
  }

  @Test func `limits hold to the byte`() throws {
    let line = "GET / HTTP/1.1\r\n"
    func field(_ length: Int) -> String { "A: " + String(repeating: "b", count: length - 3) + "\r\n" }
    #expect(try read(line + field(HTTPHeadReader.lineLimit) + "\r\n") != nil)
    #expect(fault(of: line + field(HTTPHeadReader.lineLimit + 1) + "\r\n") == .tooLarge)
    #expect(try read(line + String(repeating: "A: b\r\n", count: HTTPHeadReader.fieldLimit) + "\r\n") != nil)
    #expect(fault(of: line + String(repeating: "A: b\r\n", count: HTTPHeadReader.fieldLimit + 1) + "\r\n") == .tooLarge)
    let rest = HTTPHeadReader.limit - line.utf8.count - 4 * 8_002 - 2
    let four = line + String(repeating: field(8_000), count: 4)
    #expect(try read(four + field(rest - 2) + "\r\n") != nil)
    #expect(fault(of: four + field(rest - 1) + "\r\n") == .tooLarge)
    // Without an end, not one byte more is waited for.
    #expect(fault(of: line + String(repeating: "b", count: HTTPHeadReader.limit - line.utf8.count)) == .tooLarge)
    #expect(try read(line + String(repeating: "b", count: HTTPHeadReader.limit - line.utf8.count - 1)) == nil)
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `any bytes are a head, none yet, or a fault, the same however they are cut`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let alphabet = Array("GET / HTTP/1.1\r\n\r\nA:b \t\u{7F}\u{0}".utf8)
    func outcome(_ parts: [ArraySlice<UInt8>]) -> String {
      var reader = HTTPHeadReader()
      for part in parts {
        do throws(HTTPHeadReader.Fault) {
          if let head = try reader.read(ByteBuffer(bytes: part)) { return "\(head)" }
        } catch {
          return "\(error)"
        }
      }
      return "incomplete"
    }
    for _ in 0..<3_000 {
      var bytes = Array("GET / HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
      for _ in 0..<Int.random(in: 0..<4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        bytes[index] = alphabet.randomElement(using: &random) ?? 0
      }
      let cut = Int.random(in: 0...bytes.count, using: &random)
      // A head that is whole before the cut needs no more; one that isn't is read the same.
      #expect(outcome([bytes[...]]) == outcome([bytes[..<cut], bytes[cut...]]), "\(bytes)")
    }
  }
}
