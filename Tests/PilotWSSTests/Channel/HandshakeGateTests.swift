import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import PilotWSS

struct HandshakeGateTests {
  private func head(_ length: Int) -> String {
    let (start, end) = ("HTTP/1.1 100 Continue\r\nX: ", "\r\n\r\n")
    return start + String(repeating: "x", count: length - start.utf8.count - end.utf8.count) + end
  }

  /// How many heads come through, and whether it ended with an error.
  private func pass(_ pieces: [String]) throws -> (heads: Int, isOverflow: Bool) {
    let channel = EmbeddedChannel(handler: HandshakeGate { _ in .nextHead })
    var isOverflow = false
    for piece in pieces {
      do {
        try channel.writeInbound(ByteBuffer(string: piece))
      } catch HTTPParserError.headerOverflow {
        isOverflow = true
      }
    }
    var heads = 0
    while try channel.readInbound(as: ByteBuffer.self) != nil { heads += 1 }
    _ = try channel.finish()
    return (heads, isOverflow)
  }

  @Test(arguments: [true, false])
  func `eight heads come through, and the ninth ends it`(glued: Bool) throws {
    let heads = Array(repeating: head(100), count: HandshakeGate.headLimit)
    let enough = try pass(glued ? [heads.joined()] : heads)
    #expect(enough == (HandshakeGate.headLimit, false))
    // The beginning of another one is enough.
    let more = heads + ["H"]
    let tooMany = try pass(glued ? [more.joined()] : more)
    #expect(tooMany == (HandshakeGate.headLimit, true))
  }

  @Test func `all heads together are bounded in bytes`() throws {
    let half = head(HandshakeGate.limit / 2)
    #expect(try pass([half, half]) == (2, false))
    #expect(try pass([half, head(HandshakeGate.limit / 2 + 1)]) == (1, true))
    // Without its end, too.
    #expect(try pass([half, String(head(HandshakeGate.limit).prefix(HandshakeGate.limit / 2 + 1))]) == (1, true))
  }
}
