import NIOCore
import NIOEmbedded
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct HandlerWritingTests {
  @Test(arguments: [WebSocketRole.client, .server])
  func `frames are written in order, many to a flush`(role: WebSocketRole) throws {
    let harness = try HandlerHarness(role)
    let frames = (0..<200).map { pattern($0 * 7, seed: $0) }
    for frame in frames { #expect(harness.send(frame) == .queued) }
    #expect(harness.sent.isEmpty)
    harness.run()
    #expect(harness.sent == frames.map { .binary($0) })
    #expect(harness.socket.flushes <= 4)
    #expect(harness.queue.counts.sent == 200)
  }

  @Test func `the text that establishes comes before any frame`() throws {
    let harness = try HandlerHarness(.server, establish: false)
    #expect(harness.send([1]) == .disconnected)
    harness.peer.onText = { _ in .establish(text: [0x6F, 0x6B]) }
    try harness.receive(.text("hello"))
    #expect(harness.peer.establishments == 1)
    #expect(harness.send([1]) == .queued)
    harness.run()
    #expect(harness.sent == [.text([0x6F, 0x6B]), .binary([1])])
  }

  @Test func `whoever is told of a peer is told before the text leaves, and frames sent at once follow the text`()
    throws
  {
    let harness = try HandlerHarness(.server, establish: false)
    let handler = try harness.handler
    harness.peer.onText = { _ in .establish(text: [0x6F, 0x6B]) }
    harness.peer.onEstablished = { [unowned harness] in
      #expect(harness.send([1]) == .queued)
      // As it comes when the event loop is told of frames, or the peer reads, in this very moment.
      handler.drain()
      #expect(harness.sent.isEmpty)
    }
    try harness.receive(.text("hello"))
    harness.run()
    #expect(harness.peer.establishments == 1)
    #expect(harness.sent == [.text([0x6F, 0x6B]), .binary([1])])
    #expect(harness.queue.counts.sent == 1)
  }

  @Test func `a connection that is closed as soon as it is known gets a Close and no text before it`() throws {
    let harness = try HandlerHarness(.server, establish: false)
    let close = WebSocketCloseFrame(.policyViolation, reason: "key changed")
    harness.peer.onText = { _ in .establish(text: [0x6F, 0x6B]) }
    harness.peer.onEstablished = { [unowned harness] in
      #expect(harness.send([1]) == .queued)
      harness.peer.link?.perform(.close(close))
    }
    try harness.receive(.text("hello"))
    harness.run()
    #expect(harness.sent == [.close(close)])
    #expect(harness.queue.counts.lost == 1)
  }

  @Test func `of two connections of one node, the one that is replaced while it is established says so itself`() throws
  {
    let first = try HandlerHarness(.server, establish: false)
    let second = try HandlerHarness(.server, establish: false)
    let replaced = WebSocketCloseFrame(.normal, reason: "replaced")
    for harness in [first, second] { harness.peer.onText = { _ in .establish(text: [0x6F, 0x6B]) } }
    first.peer.onEstablished = { [unowned first] in
      // The second one comes in between, on its own event loop, and takes the first one's place.
      try? second.receive(.text("hello"))
      first.channel.embeddedEventLoop.execute { first.peer.link?.perform(.close(replaced)) }
    }
    try first.receive(.text("hello"))
    first.run()
    #expect(first.sent == [.text([0x6F, 0x6B]), .close(replaced)])
    #expect(second.sent == [.text([0x6F, 0x6B])])
    #expect(first.send([1]) == .disconnected)
    #expect(second.send([1]) == .queued)
  }

  @Test func `a peer that closes in the read that establishes it is established and gone`() throws {
    let harness = try HandlerHarness(.server, establish: false)
    harness.peer.onText = { _ in .establish(text: [0x6F, 0x6B]) }
    try harness.receive(.text("hello"), .close(1000))
    #expect(harness.peer.establishments == 1)
    #expect(harness.send([1]) == .disconnected)
    #expect(harness.sent == [.text([0x6F, 0x6B]), .close(WebSocketCloseFrame(.normal))])
  }

  @Test func `a peer that does not read gets no more than the channel takes, and the rest waits bounded`() throws {
    let harness = try HandlerHarness(.server, queueBytes: 100_000)
    harness.socket.letPeerRead(false)
    for index in 0..<1_000 {
      #expect(harness.send(pattern(1_200, seed: index)) == .queued)
      harness.run()
    }
    // The mark, and the chunk that passed it.
    #expect(harness.socket.highest <= SocketStandIn.marks.high + 16_000)
    #expect(harness.queue.waitingBytes <= 100_000)
    #expect(harness.queue.counts.overflowed > 800)
  }

  @Test func `when the peer reads again, what waited follows without a new frame`() throws {
    let harness = try HandlerHarness(.server)
    harness.socket.letPeerRead(false)
    let frames = (0..<300).map { pattern(1_200, seed: $0) }
    for frame in frames { #expect(harness.send(frame) == .queued) }
    harness.run()
    harness.socket.letPeerRead(true)
    #expect(harness.sent == frames.map { .binary($0) })
    #expect(harness.queue.counts.sent == 300)
  }

  @Test func `frames that grow old behind a peer that does not read are dropped and counted`() throws {
    let harness = try HandlerHarness(.server)
    harness.socket.letPeerRead(false)
    for index in 0..<300 { #expect(harness.send(pattern(1_200, seed: index)) == .queued) }
    harness.run()
    harness.advance(by: .seconds(2))
    harness.socket.letPeerRead(true)
    let counts = harness.queue.counts
    #expect(counts.expired > 200)
    #expect(counts.sent + counts.expired == 300)
    #expect(harness.sent == (0..<Int(counts.sent)).map { .binary(pattern(1_200, seed: $0)) })
  }

  @Test func `what grows too old behind a peer that does not read is let go although nobody asks for it`() throws {
    let harness = try HandlerHarness(.server)
    harness.socket.letPeerRead(false)
    for index in 0..<300 { #expect(harness.send(pattern(1_200, seed: index)) == .queued) }
    harness.run()
    #expect(harness.queue.waitingBytes > 200_000)
    for _ in 0..<3 { harness.advance(by: .seconds(1)) }
    #expect(harness.queue.waitingBytes == 0)
    #expect(harness.queue.counts.expired > 200)
    // And those that come later.
    #expect(harness.send([1]) == .queued)
    for _ in 0..<3 { harness.advance(by: .seconds(1)) }
    #expect(harness.queue.waitingBytes == 0)
    #expect(harness.peer.ends.isEmpty)
  }

  @Test func `a peer that reads nothing for the stall limit is dropped, one that reads at times is not`() throws {
    let harness = try HandlerHarness(.server)
    func fill() {
      for _ in 0..<100 { #expect(harness.send(pattern(1_200)) == .queued) }
      harness.run()
    }
    for _ in 0..<3 {
      harness.socket.letPeerRead(false)
      fill()
      harness.advance(by: .seconds(29))
      try harness.receive(.ping())
      harness.socket.letPeerRead(true)
    }
    harness.socket.letPeerRead(false)
    fill()
    harness.advance(by: .milliseconds(29_999))
    #expect(harness.peer.ends.isEmpty)
    harness.advance(by: .milliseconds(1))
    #expect(harness.peer.end == "stalled 30.0 seconds")
    #expect(!harness.channel.isActive)
  }

  @Test func `frames that were taken and not written when the connection ends are counted as lost`() throws {
    let harness = try HandlerHarness(.server)
    #expect(harness.send([1]) == .queued)
    harness.run()
    harness.socket.letPeerRead(false)
    for _ in 0..<300 { #expect(harness.send(pattern(1_200)) == .queued) }
    harness.run()
    try harness.channel.close().wait()
    #expect(harness.queue.counts.sent == 1)
    #expect(harness.queue.counts.lost == 300)
    #expect(harness.peer.ends.count == 1)
  }

  @Test func `each read is told to be complete, after its messages`() throws {
    let harness = try HandlerHarness(.server)
    try harness.receive(.binary([1]), .binary([2]))
    #expect(harness.peer.completedReads == 1)
    try harness.receive(.binary([3]))
    #expect(harness.peer.completedReads == 2)
    #expect(harness.peer.binaries == [[1], [2], [3]])
  }
}
