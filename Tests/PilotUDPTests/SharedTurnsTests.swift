import PilotTransport
import PilotWire
import Testing

@testable import PilotUDP

@Suite(.timeLimit(.minutes(1)))
struct SharedTurnsTests {
  private static let peer = Endpoint(ipv4: 192, 0, 2, 1, port: 9)

  private static func leave(_ byte: UInt8, with turns: SharedTurns) -> Bool {
    let frame = [byte]
    return unsafe turns.leave(RawSpan(), frame.span.bytes, to: peer)
  }

  private static func bytes(of batch: borrowing FrameBatch) -> [UInt8] {
    var bytes: [UInt8] = []
    batch.forEach { frame, _ in bytes += frame.copied }
    return bytes
  }

  @Test func `a lone sender sends at once`() throws {
    let turns = SharedTurns()
    for _ in 0..<3 {
      #expect(!Self.leave(1, with: turns))
      try turns.take { () throws(TransportError) in
      } flush: { _ in
        Issue.record("nothing was left")
      }
    }
  }

  @Test func `frames left during a turn leave at its end, in order`() throws {
    let turns = SharedTurns()
    var flushed: [[UInt8]] = []
    #expect(!Self.leave(0, with: turns))
    try turns.take { () throws(TransportError) in
      #expect(Self.leave(1, with: turns))
      #expect(Self.leave(2, with: turns))
    } flush: { batch in
      flushed.append(Self.bytes(of: batch))
      if flushed.count == 1 { #expect(Self.leave(3, with: turns)) }
    }
    #expect(flushed == [[1, 2], [3]])
    #expect(!Self.leave(4, with: turns))
  }

  @Test func `frames left are sent although the turn's own frame fails`() {
    let turns = SharedTurns()
    var flushed: [UInt8] = []
    #expect(!Self.leave(0, with: turns))
    let failure = code { () throws(TransportError) in
      try turns.take { () throws(TransportError) in
        #expect(Self.leave(1, with: turns))
        throw .backpressure
      } flush: {
        flushed += Self.bytes(of: $0)
      }
    }
    #expect(failure == .backpressure)
    #expect(flushed == [1])
  }

  @Test func `a turn ends although others never stop`() throws {
    let turns = SharedTurns()
    var flushes = 0
    #expect(!Self.leave(0, with: turns))
    try turns.take { () throws(TransportError) in
      #expect(Self.leave(1, with: turns))
    } flush: { _ in
      flushes += 1
      _ = Self.leave(1, with: turns)
    }
    #expect(flushes == 8)
  }
}
