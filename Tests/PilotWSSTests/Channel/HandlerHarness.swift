import NIOCore
import NIOEmbedded
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Writes down what a handler tells it, and does as told by the test.
final class RecordingPeer: WebSocketPeer {
  var greeting = WebSocketReaction.none
  var onText: ([UInt8]) -> WebSocketReaction = { _ in .none }
  var onBinary: ([UInt8]) -> WebSocketReaction = { _ in .none }
  private(set) var texts: [[UInt8]] = []
  private(set) var binaries: [[UInt8]] = []
  private(set) var ignoredBinaries = 0
  private(set) var completedReads = 0
  /// Called when it is established.
  var onEstablished: () -> Void = {}
  private(set) var establishments = 0
  private(set) var ends: [WebSocketEnd] = []
  private(set) weak var link: (any WebSocketLink)?

  func opened(_ link: any WebSocketLink) -> WebSocketReaction {
    self.link = link
    return greeting
  }

  func receive(text: RawSpan) -> WebSocketReaction {
    texts.append(text.copied())
    return onText(text.copied())
  }

  func receive(binary: RawSpan) -> WebSocketReaction {
    binaries.append(binary.copied())
    return onBinary(binary.copied())
  }

  func ignoredBinary() { ignoredBinaries += 1 }

  func established() {
    establishments += 1
    onEstablished()
  }

  func readCompleted() { completedReads += 1 }

  var sendsRestWhenClosed = true
  /// Called when the queue takes nothing more.
  var onParting: () -> Void = {}
  private(set) var partings = 0

  func parting() {
    partings += 1
    onParting()
  }

  func ended(_ end: WebSocketEnd) { ends.append(end) }

  /// The end in words that can be compared; empty as long as there is none.
  var end: String {
    #expect(ends.count <= 1)
    return ends.map { end in
      switch end {
      case .closed(let frame): "closed \(frame.code.map(String.init(describing:)) ?? "without code") \(frame.reason)"
      case .closedHere(let frame): "closed here \(frame.code.map(String.init(describing:)) ?? "") \(frame.reason)"
      case .failed(let error): "failed \(error.closeCode)"
      case .silent(let time): "silent \(time)"
      case .stalled(let time): "stalled \(time)"
      case .authenticationTimedOut: "authentication timed out"
      case .lost(let error): "lost \(error.map { "\($0)" } ?? "")"
      }
    }.joined(separator: ", ")
  }
}

/// A handler on a channel whose time and peer the test plays.
final class HandlerHarness {
  let role: WebSocketRole
  let channel = EmbeddedChannel()
  let socket: SocketStandIn
  let peer = RecordingPeer()
  let clock = TestClock()
  let queue: OutboundQueue

  init(
    _ role: WebSocketRole, establish: Bool = true, queueBytes: Int = 1 << 20,
    maximumMessageLength: Int = FrameLimits.maximumMessageOverWSS,
    _ adjust: (inout WebSocketTimes) -> Void = { _ in }
  ) throws {
    self.role = role
    socket = SocketStandIn(channel: channel)
    queue = OutboundQueue(
      role: role, limits: OutboundQueue.Limits(bytes: queueBytes, age: .seconds(1)), overflow: .dropOldest,
      now: { [clock] in clock.now })
    var times = WebSocketTimes()
    if role == .client { times.keepalive = Keepalive.Configuration() }
    adjust(&times)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    if establish { peer.greeting = .establish(text: nil) }
    try channel.pipeline.syncOperations.addHandler(socket)
    try channel.pipeline.syncOperations.addHandler(
      WebSocketChannelHandler(
        role: role, peer: peer, outbound: queue, times: times, maximumMessageLength: maximumMessageLength))
  }

  var handler: WebSocketChannelHandler<RecordingPeer> {
    get throws { try channel.pipeline.syncOperations.handler(type: WebSocketChannelHandler<RecordingPeer>.self) }
  }

  /// What the peer has got so far.
  var sent: [RecordedEvent] { events(socket.sent) }

  func events(_ bytes: [UInt8]) -> [RecordedEvent] {
    let recording = Recording.of([bytes], role: role == .client ? .server : .client)
    #expect(recording.error == nil)
    return recording.events
  }

  /// The peer sends frames, all in one read.
  func receive(_ frames: RawFrame...) throws { try receive(frames) }

  func receive(_ frames: [RawFrame]) throws {
    try receive(
      bytes: frames.flatMap { frame in
        var frame = frame
        if role == .server { frame.mask = [1, 2, 3, 4] }
        return frame.bytes
      })
  }

  func receive(bytes: [UInt8]) throws {
    try channel.writeInbound(ByteBuffer(bytes: bytes))
  }

  func advance(by duration: Duration) {
    clock.advance(by: duration)
    channel.embeddedEventLoop.advanceTime(by: .nanoseconds(duration.clampedNanoseconds))
  }

  func send(_ frame: [UInt8]) -> OutboundQueue.Admission {
    queue.append(head: frame.span.raw, body: RawSpan())
  }

  func run() { channel.embeddedEventLoop.run() }

  /// The peer ends TCP.
  func disconnect() { _ = try? channel.finish() }
}

extension RawFrame {
  static func ping(_ payload: [UInt8] = []) -> RawFrame { RawFrame(opcode: 9, payload: payload) }
  static func pong(_ payload: [UInt8] = []) -> RawFrame { RawFrame(opcode: 10, payload: payload) }
}
