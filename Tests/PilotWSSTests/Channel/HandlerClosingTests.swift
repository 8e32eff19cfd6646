import NIOCore
import NIOEmbedded
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct HandlerClosingTests {
  private let close = WebSocketCloseFrame(.normal, reason: "done")

  @Test func `a server answers a Close with its code, ends its half, and lets the peer end the other`() throws {
    let harness = try HandlerHarness(.server)
    try harness.receive(.close(1001, Array("bye".utf8)))
    #expect(harness.sent == [.close(WebSocketCloseFrame(.goingAway))])
    #expect(harness.socket.hasClosedOutput)
    #expect(harness.channel.isActive)
    #expect(harness.peer.ends.isEmpty)
    harness.disconnect()
    #expect(harness.peer.end == "closed 1001 bye")
  }

  @Test func `a client answers a Close and leaves it to the server to end TCP, for a while`() throws {
    let harness = try HandlerHarness(.client)
    try harness.receive(.close(1000))
    #expect(harness.sent == [.close(WebSocketCloseFrame(.normal))])
    #expect(!harness.socket.hasClosedOutput)
    harness.advance(by: .milliseconds(1_999))
    #expect(harness.channel.isActive)
    harness.advance(by: .milliseconds(1))
    #expect(harness.peer.end == "closed 1000 ")
  }

  @Test(arguments: [WebSocketRole.client, .server])
  func `this end's Close is answered, and the reason for it stands`(role: WebSocketRole) throws {
    let harness = try HandlerHarness(role)
    harness.peer.link?.perform(.close(close))
    #expect(harness.sent == [.close(close)])
    #expect(harness.peer.ends.isEmpty)
    try harness.receive(.close(1000))
    #expect(harness.socket.hasClosedOutput == (role == .server))
    harness.disconnect()
    #expect(harness.peer.end == "closed here 1000 done")
    #expect(harness.sent.count == 1)
  }

  @Test(arguments: [WebSocketRole.client, .server])
  func `a peer that never answers a Close is cut off`(role: WebSocketRole) throws {
    let harness = try HandlerHarness(role)
    harness.peer.link?.perform(.close(close))
    harness.advance(by: .milliseconds(1_999))
    #expect(harness.channel.isActive)
    harness.advance(by: .milliseconds(1))
    #expect(!harness.channel.isActive)
    #expect(harness.peer.end == "closed here 1000 done")
  }

  @Test func `what waits when the peer closes is sent ahead of the answer, and nothing that comes later`() throws {
    let harness = try HandlerHarness(.server)
    harness.socket.letPeerRead(false)
    for _ in 0..<200 { #expect(harness.send(pattern(1_200)) == .queued) }
    harness.run()
    var late: [OutboundQueue.Admission] = []
    harness.peer.onParting = { late.append(harness.send([1])) }
    try harness.receive(.close(1000))
    // What comes until everybody has been told still gets through.
    #expect(late == [.queued])
    #expect(harness.send([2]) == .disconnected)
    #expect(harness.sent.isEmpty)
    harness.socket.letPeerRead(true)
    harness.run()
    #expect(harness.sent.count == 202)
    #expect(harness.sent[200] == .binary([1]))
    #expect(harness.sent.last == .close(WebSocketCloseFrame(.normal)))
    #expect(harness.socket.hasClosedOutput)
    harness.disconnect()
    #expect(harness.queue.counts.sent == 201)
    #expect(harness.queue.counts.lost == 0)
    #expect(harness.peer.end == "closed 1000 ")
  }

  @Test func `who leaves sends what waits ahead of its Close, and takes nothing that comes later`() throws {
    let harness = try HandlerHarness(.client)
    harness.socket.letPeerRead(false)
    for _ in 0..<200 { #expect(harness.send(pattern(1_200)) == .queued) }
    harness.run()
    harness.peer.link?.perform(.leave(close))
    #expect(harness.send([1]) == .disconnected)
    harness.socket.letPeerRead(true)
    harness.run()
    #expect(harness.sent.count == 201)
    #expect(harness.sent.last == .close(close))
    #expect(harness.queue.counts.sent == 200)
    #expect(harness.queue.counts.lost == 0)
  }

  @Test(arguments: [true, false])
  func `a peer that closes and reads nothing doesn't hold on to its queue`(closesHere: Bool) throws {
    let harness = try HandlerHarness(.server)
    harness.socket.letPeerRead(false)
    for _ in 0..<200 { #expect(harness.send(pattern(1_200)) == .queued) }
    harness.run()
    try harness.receive(.close(1000))
    if closesHere {
      harness.peer.link?.perform(.close(close))
      #expect(harness.queue.waitingBytes == 0)
    }
    harness.advance(by: .milliseconds(1_999))
    #expect(harness.channel.isActive)
    harness.advance(by: .milliseconds(1))
    #expect(harness.peer.end == "closed 1000 ")
    let counts = harness.queue.counts
    #expect(counts.sent == 0 && counts.lost + counts.expired == 200)
  }

  @Test func `to a peer that takes nothing after its Close, nothing is sent`() throws {
    let harness = try HandlerHarness(.client)
    harness.peer.sendsRestWhenClosed = false
    #expect(harness.send([1]) == .queued)
    try harness.receive(.close(1000))
    #expect(harness.sent == [.close(WebSocketCloseFrame(.normal))])
    #expect(harness.queue.counts.lost == 1)
  }

  @Test(arguments: [WebSocketRole.client, .server])
  func `before a connection takes nothing more, its peer is told`(role: WebSocketRole) throws {
    let harness = try HandlerHarness(role)
    harness.peer.onParting = { #expect(harness.send([1]) == .queued) }
    harness.peer.link?.perform(.close(close))
    #expect(harness.peer.partings == 1)
    #expect(harness.send([1]) == .disconnected)
    harness.disconnect()
    #expect(harness.peer.partings == 1)
    let lost = try HandlerHarness(role)
    lost.disconnect()
    #expect(lost.peer.partings == 1)
    let never = try HandlerHarness(role, establish: false)
    never.disconnect()
    #expect(never.peer.partings == 0)
  }

  @Test func `a peer that reads nothing can't hold up a Close`() throws {
    let harness = try HandlerHarness(.server)
    harness.socket.letPeerRead(false)
    for _ in 0..<200 { #expect(harness.send(pattern(1_200)) == .queued) }
    harness.run()
    harness.peer.link?.perform(.close(close))
    harness.advance(by: .seconds(2))
    #expect(harness.peer.end == "closed here 1000 done")
    let counts = harness.queue.counts
    #expect(counts.sent == 0 && counts.lost == 200)
  }

  @Test func `an oversized message is answered with 1009, which is not lost to a reset`() throws {
    let harness = try HandlerHarness(.server)
    try harness.receive(RawFrame(opcode: 2, payload: pattern(100), announced: 65_537))
    guard case .close(let frame)? = harness.sent.last else { throw Unexpected(harness.sent) }
    #expect(frame.code == .messageTooBig)
    #expect(frame.reason.contains("65536"))
    // Closing both halves with input unread would make the kernel send a reset, which overtakes the Close.
    #expect(harness.socket.hasClosedOutput)
    #expect(harness.channel.isActive)
    try harness.receive(bytes: pattern(10_000))
    #expect(harness.channel.isActive)
    #expect(harness.peer.binaries.isEmpty)
    harness.advance(by: .seconds(2))
    #expect(harness.peer.end == "failed 1009")
  }

  @Test(arguments: [100, 1 << 20])
  func `a connection can have another limit for messages`(limit: Int) throws {
    let harness = try HandlerHarness(.server, maximumMessageLength: limit)
    try harness.receive(.binary(pattern(limit)))
    #expect(harness.peer.binaries == [pattern(limit)])
    try harness.receive(.binary(pattern(limit + 1)))
    #expect(harness.peer.binaries.count == 1)
    harness.advance(by: .seconds(2))
    #expect(harness.peer.end == "failed 1009")
  }

  @Test(arguments: [WebSocketRole.client, .server])
  func `a peer that breaks the protocol is told how, and nothing of it is handed over afterwards`(
    role: WebSocketRole
  ) throws {
    let harness = try HandlerHarness(role)
    try harness.receive(.binary([1]), RawFrame(opcode: 3), .binary([2]))
    #expect(harness.peer.binaries == [[1]])
    guard case .close(let frame)? = harness.sent.last else { throw Unexpected(harness.sent) }
    #expect(frame.code == .protocolError)
    #expect(harness.socket.hasClosedOutput)
    harness.disconnect()
    #expect(harness.peer.end == "failed 1002")
  }

  @Test func `a Close behind messages in one read comes after them`() throws {
    let harness = try HandlerHarness(.server)
    harness.peer.onBinary = { .send(text: $0) }
    try harness.receive(.binary([65]), .ping([9]), .close(1000), .binary([66]))
    #expect(harness.sent == [.text([65]), .pong([9]), .close(WebSocketCloseFrame(.normal))])
    #expect(harness.peer.binaries == [[65]])
  }

  @Test func `when a peer wants to close, nothing more of the read is handed to it`() throws {
    let harness = try HandlerHarness(.server)
    harness.peer.onBinary = { [close] _ in .close(close) }
    try harness.receive(.binary([1]), .binary([2]), .text("x"))
    try harness.receive(.binary([3]))
    #expect(harness.peer.binaries == [[1]])
    #expect(harness.peer.texts.isEmpty)
    #expect(harness.peer.ignoredBinaries == 2)
    #expect(harness.sent == [.close(close)])
  }

  @Test func `queued frames are refused from the Close on, in either direction`() throws {
    for role in [WebSocketRole.client, .server] {
      let byPeer = try HandlerHarness(role)
      try byPeer.receive(.close(1000))
      #expect(byPeer.send([1]) == .disconnected)
      let byUs = try HandlerHarness(role)
      byUs.peer.link?.perform(.close(close))
      #expect(byUs.send([1]) == .disconnected)
    }
  }

  @Test func `a link that is used after the end does nothing`() throws {
    let harness = try HandlerHarness(.server, establish: false)
    let handler = try harness.handler
    harness.disconnect()
    let sent = harness.socket.sent
    handler.perform(.send(text: [1]))
    handler.perform(.establish(text: [2]))
    handler.perform(.close(close))
    handler.drain()
    #expect(harness.peer.establishments == 0)
    #expect(harness.send([1]) == .disconnected)
    #expect(harness.socket.sent == sent)
    #expect(harness.peer.end == "lost ")
  }

  @Test func `an error of the layers below ends the connection with it`() throws {
    let harness = try HandlerHarness(.client)
    harness.channel.pipeline.fireErrorCaught(ChannelError.connectTimeout(.seconds(1)))
    #expect(harness.peer.end == "lost \(ChannelError.connectTimeout(.seconds(1)))")
    #expect(!harness.channel.isActive)
  }

  @Test func `authentication that takes too long ends with 1008, and one in time lifts the limit`() throws {
    let late = try HandlerHarness(.server, establish: false)
    late.advance(by: .seconds(10))
    #expect(late.sent == [.close(WebSocketCloseFrame(.policyViolation, reason: "auth timeout"))])
    late.advance(by: .seconds(2))
    #expect(late.peer.end == "authentication timed out")

    let inTime = try HandlerHarness(.server, establish: false)
    inTime.advance(by: .seconds(9))
    inTime.peer.link?.perform(.establish(text: [65]))
    inTime.advance(by: .seconds(60))
    #expect(inTime.sent == [.text([65])])
    #expect(inTime.peer.ends.isEmpty)
  }
}
