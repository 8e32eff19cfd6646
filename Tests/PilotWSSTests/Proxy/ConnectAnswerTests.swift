import NIOCore
import PilotTransport
import Testing

@testable import PilotWSS

struct ConnectAnswerTests {
  /// What an answer comes to.
  private struct Outcome: Equatable {
    var status: Int?
    var rest = ""
    var isComplete = false
    var fault: ConnectAnswer.Fault?
  }

  private func read(_ text: String, pieces: Int) -> Outcome {
    var answer = ConnectAnswer()
    var outcome = Outcome()
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      var buffer = ByteBuffer(bytes: bytes[start..<min(start + pieces, bytes.count)])
      do throws(ConnectAnswer.Fault) {
        if outcome.status == nil { outcome.status = try answer.readHead(&buffer)?.status }
      } catch {
        outcome.fault = error
        return outcome
      }
      guard let status = outcome.status else { continue }
      if status == 200 { outcome.rest += String(buffer: buffer) } else { answer.skip(&buffer) }
    }
    outcome.isComplete = answer.isComplete
    return outcome
  }

  /// An answer; its status, what is the tunnel's, and whether the connection can be used again.
  static let rows: [(String, Int, String, Bool)] = [
    ("HTTP/1.1 200 OK\r\n\r\n", 200, "", true),
    ("HTTP/1.0 200 Connection established\r\n\r\nabc", 200, "abc", false),
    ("HTTP/1.1 200\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nabc", 200, "abc", true),
    ("HTTP/1.1 200 OK\nA: b\n\nabc", 200, "abc", true),
    ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\na", 200, "a", true),
    ("HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nabc", 407, "", true),
    ("HTTP/1.1 407 No\r\nContent-Length: 4\r\n\r\nabc", 407, "", false),
    ("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nabc", 407, "", false),
    ("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", 407, "", true),
    ("HTTP/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nContent-Length: 0\r\nProxy-Connection: Close\r\n\r\n", 407, "", false),
    ("HTTP/1.0 407 No\r\nContent-Length: 0\r\n\r\n", 407, "", false),
    ("HTTP/1.0 407 No\r\nContent-Length: 0\r\nProxy-Connection: keep-alive\r\n\r\n", 407, "", true),
    ("HTTP/1.1 407 No\r\n\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nContent-Length: 65537\r\n\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nContent-Length: -1\r\n\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=\"y\"\r\na\r\n0\r\n\r\n", 407, "", true),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", 407, "", true),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", 407, "", false),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 407, "", false),
    ("HTTP/1.1 407 No\r\nTransfer-Encoding: gzip\r\n\r\n", 407, "", false),
  ]

  @Test(arguments: rows.indices, [1, 2, 7, 1_000])
  func `an answer is read, however it is cut`(index: Int, pieces: Int) {
    let (text, status, rest, isComplete) = Self.rows[index]
    let expected = Outcome(status: status, rest: rest, isComplete: isComplete)
    #expect(read(text, pieces: pieces) == expected, "\(text.debugDescription)")
  }

  @Test(
    arguments: [
      ("SSH-2.0-OpenSSH\r\n", .notHTTP(firstByte: 0x53)), ("\u{16}\u{3}", .notHTTP(firstByte: 0x16)),
      ("HTTP/2 200\r\n", .malformed),
      ("HTTP/1.1 20\r\n", .malformed), ("HTTP/1.1 2000 x\r\n", .malformed), ("HTTP/1.1 2x0 OK\r\n", .malformed),
      ("HTTP/1.1  200 OK\r\n", .malformed), ("HTTP/1.1 200 OK\r\nno colon\r\n", .malformed),
      ("HTTP/1.1 200 OK\r\n: a\r\n", .malformed),
      ("HTTP/1.1 200 OK\r\n a\r\n", .malformed), ("HTTP/1.1 200 OK\r\nA: \u{1}\r\n", .malformed),
      ("HTTP\r\n", .malformed),
      ("HTTP/1.1 200 OK\r\nA: " + String(repeating: "a", count: 16_384), .tooLong),
      (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1_000), .tooLong),
    ] as [(String, ConnectAnswer.Fault)])
  func `what can't be read is told, within bounds`(text: String, fault: ConnectAnswer.Fault) {
    for pieces in [1, 3, 100_000] { #expect(read(text, pieces: pieces).fault == fault, "\(text.prefix(40))") }
  }

  @Test func `any bytes end somehow`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var bytes = Array("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\nA: b\r\n c\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8)
      for _ in 0..<4 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      var answer = ConnectAnswer()
      var buffer = ByteBuffer(bytes: bytes)
      if (try? answer.readHead(&buffer)) != nil { answer.skip(&buffer) }
    }
  }
}
