import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Messages that end a deployed client's connection.
@Suite(.timeLimit(.minutes(1)))
struct LongFrameTests {
  @Test func `a peer gets longer messages than deployed clients take once it has sent one`() async throws {
    let listener = try await TestListener.start(.nothing)
    let node = try await HandshakingNode.established(at: listener)
    let connection = try await listener.connection(of: 7)
    func send(_ length: Int) {
      let frame = pattern(length)
      _ = connection.send(head: frame.span.raw, body: RawSpan())
    }
    for length in [32_769, 32_768, 65_535, 1] { send(length) }
    #expect(try await node.connection.takeFrame() == .binary(pattern(32_768)))
    #expect(try await node.connection.takeFrame() == .binary(pattern(1)))
    #expect(connection.counts.tooLongForPeer == 2)
    #expect(connection.counts.tooLong == 0)
    for length in [32_768, 32_769] {
      try await node.send(.binary(pattern(length)))
      try await listener.log.wait { $0.frames.last?.count == length }
      send(40_000)
    }
    send(65_535)
    send(65_536)
    #expect(try await node.connection.takeFrame() == .binary(pattern(40_000)))
    #expect(try await node.connection.takeFrame() == .binary(pattern(65_535)))
    #expect(connection.counts.tooLongForPeer == 3)
    #expect(connection.counts.tooLong == 1)
    node.connection.close()
    await listener.shutDown()
  }

  @Test func `header and payload count together`() throws {
    var limits = OutboundQueue.Limits(bytes: 1 << 20, age: .seconds(1))
    limits.first = 0...100
    let queue = OutboundQueue(role: .server, limits: limits, overflow: .dropOldest, now: { .start })
    _ = queue.open {}
    let (head, body) = (pattern(9), pattern(92))
    #expect(queue.append(head: head.span.raw, body: body.span.raw, from: 1) == .tooLong(101))
    #expect(queue.append(head: head.span.raw, body: body.span.raw.extracting(first: 91), from: 1) == .queued)
    #expect(queue.counts.tooLongForPeer == 1)
  }
}
