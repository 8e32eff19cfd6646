import NIOEmbedded
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct HandlerKeepaliveTests {
  private func ping(_ id: UInt64) -> RecordedEvent { .ping(id.bigEndianBytes) }

  @Test func `a client pings every interval, and lives as long as it is answered`() throws {
    let harness = try HandlerHarness(.client)
    for id in 1...5 as ClosedRange<UInt64> {
      harness.advance(by: .seconds(29))
      #expect(harness.sent.count == Int(id) - 1)
      harness.advance(by: .seconds(1))
      #expect(harness.sent.last == ping(id))
      try harness.receive(.pong(id.bigEndianBytes))
    }
    #expect(harness.peer.ends.isEmpty)
  }

  @Test func `a client whose pong is overdue gives up, at once and for that reason`() throws {
    let harness = try HandlerHarness(.client)
    harness.advance(by: .seconds(30))
    harness.advance(by: .milliseconds(9_999))
    #expect(harness.peer.ends.isEmpty)
    harness.advance(by: .milliseconds(1))
    #expect(harness.peer.end == "silent 10.0 seconds")
    #expect(!harness.channel.isActive)
    #expect(harness.sent == [ping(1)])
  }

  @Test func `anything heard counts as life, the middle of a message too`() throws {
    let harness = try HandlerHarness(.client)
    harness.advance(by: .seconds(30))
    harness.advance(by: .seconds(9))
    try harness.receive(bytes: Array(RawFrame.binary(pattern(1_000)).bytes.prefix(100)))
    harness.advance(by: .seconds(20))
    #expect(harness.peer.ends.isEmpty)
    harness.advance(by: .seconds(1))
    #expect(harness.sent == [ping(1), ping(2)])
  }

  @Test func `a server drops a peer that was silent for the limit`() throws {
    let harness = try HandlerHarness(.server)
    harness.advance(by: .seconds(89))
    try harness.receive(.ping())
    harness.advance(by: .seconds(89))
    try harness.receive(.pong())
    harness.advance(by: .seconds(89))
    #expect(harness.peer.ends.isEmpty)
    harness.advance(by: .seconds(1))
    #expect(harness.peer.end == "silent 90.0 seconds")
  }

  @Test(arguments: [WebSocketRole.client, .server])
  func `a ping is answered with its payload`(role: WebSocketRole) throws {
    let harness = try HandlerHarness(role)
    for payload in [[], [7], pattern(125)] {
      try harness.receive(.ping(payload))
      #expect(harness.sent.last == .pong(payload))
    }
    #expect(harness.sent.count == 3)
  }

  @Test func `the pings of one read are answered each, at their place among the texts`() throws {
    let harness = try HandlerHarness(.server)
    harness.peer.onBinary = { .send(text: $0) }
    try harness.receive(.ping([1]), .binary([65]), .ping([2]), .ping([3]), .binary([66]))
    #expect(harness.sent == [.pong([1]), .text([65]), .pong([2]), .pong([3]), .text([66])])
  }

  @Test func `of more pings in one read than a limit only the latest is answered`() throws {
    let harness = try HandlerHarness(.server)
    let limit = ReadFindings.pingLimit
    let pings = (0..<limit + 100).map { RawFrame.ping([UInt8($0)]) }
    try harness.receive(pings)
    #expect(harness.sent == (0..<limit).map { .pong([UInt8($0)]) } + [.pong([UInt8(limit + 99)])])
    try harness.receive(.ping([1]))
    #expect(harness.sent.last == .pong([1]))
    #expect(harness.sent.count == limit + 2)
  }

  @Test func `a peer that pings and does not read is owed one pong`() throws {
    let harness = try HandlerHarness(.server)
    harness.socket.letPeerRead(false)
    for index in 0..<100 { #expect(harness.send(pattern(1_200, seed: index)) == .queued) }
    harness.run()
    // Something waits in the queue, since the channel has all that it is given at a time.
    #expect(harness.queue.waitingBytes > 0)
    let held = harness.socket.held
    for index in 0..<1_000 { try harness.receive(.ping([UInt8(index & 0xFF)])) }
    #expect(harness.socket.held == held)
    harness.socket.letPeerRead(true)
    let pongs = harness.sent.filter { if case .pong = $0 { true } else { false } }
    #expect(pongs == [.pong([231])])
  }

  @Test func `a ping goes out ahead of the data that waits`() throws {
    let harness = try HandlerHarness(.client) { $0.keepalive?.interval = .seconds(5) }
    harness.socket.letPeerRead(false)
    for index in 0..<400 { #expect(harness.send(pattern(1_200, seed: index)) == .queued) }
    harness.run()
    #expect(harness.queue.waitingBytes > 300_000)
    harness.advance(by: .seconds(5))
    #expect(harness.events(harness.socket.heldBytes).last == ping(1))
  }

  @Test func `frames go out while a ping waits for its answer`() throws {
    let harness = try HandlerHarness(.client)
    harness.advance(by: .seconds(30))
    #expect(harness.sent == [ping(1)])
    // Half open: nothing comes any more, up to the timeout.
    for second in 1...9 as ClosedRange<UInt8> {
      harness.advance(by: .seconds(1))
      #expect(harness.send([second]) == .queued)
      harness.run()
      #expect(harness.sent.last == .binary([second]))
    }
    #expect(harness.peer.ends.isEmpty)
    harness.advance(by: .seconds(1))
    #expect(harness.peer.end == "silent 10.0 seconds")
  }

  @Test func `nothing is left to do for a connection that has ended`() throws {
    let harness = try HandlerHarness(.client)
    harness.advance(by: .seconds(30))
    harness.disconnect()
    #expect(harness.peer.end == "lost ")
    let sent = harness.socket.sent
    harness.advance(by: .seconds(3_600))
    #expect(harness.socket.sent == sent)
    #expect(harness.peer.ends.count == 1)
  }

  @Test func `a handler that has ended is released, with its peer and its queue`() throws {
    weak var handler: WebSocketChannelHandler<RecordingPeer>?
    weak var peer: RecordingPeer?
    weak var queue: OutboundQueue?
    do {
      let harness = try HandlerHarness(.client)
      (handler, peer, queue) = (try harness.handler, harness.peer, harness.queue)
      #expect(harness.send([1]) == .queued)
      harness.run()
      harness.disconnect()
      #expect(handler == nil || harness.peer.ends.count == 1)
    }
    #expect(handler == nil)
    #expect(peer == nil)
    #expect(queue == nil)
  }
}
