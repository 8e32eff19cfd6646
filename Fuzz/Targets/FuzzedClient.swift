import NIOCore
import NIOEmbedded
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// A node's connection to a beacon that may do anything, without a socket.
final class FuzzedClient {
  private let loop = EmbeddedEventLoop()
  private let channel: EmbeddedChannel
  private let inbound = FrameQueue(limits: FrameQueue.Limits(bytes: 65_536, frames: 4))
  private let outbound: OutboundQueue
  private var dial: Dial?
  private var connection: ClientConnection?
  private var decoder = WebSocketDecoder(role: .server)
  private var request: [UInt8] = []
  private var key: WebSocketKey?
  /// How often the dial has said so.
  private var establishedCount = 0
  private var downCount = 0
  /// Whether the beacon has sent what a node may take for the end of the authentication.
  var mayBeWelcome = false

  init?() {
    let loop = loop
    channel = EmbeddedChannel(loop: loop)
    let now = MonotonicInstant.now()
    outbound = OutboundQueue(
      role: .client, limits: OutboundQueue.Limits(bytes: 131_072, age: .seconds(1)), overflow: .refuseNewest,
      now: { now })
    guard let (node, identity) = FuzzedNode.identities.first(where: { $0.key.rawValue == 1 }),
      let address = try? SocketAddress(ipAddress: "192.0.2.1", port: 80)
    else { return nil }
    let beacon = WSSURL(isSecure: false, host: "192.0.2.1")
    let configuration = WSSTransport.Configuration(beacon: beacon, node: node, identity: identity)
    channel.connect(to: address, promise: nil)
    let dial = Dial(
      configuration: configuration, tls: nil, loop: loop, inbound: inbound, outbound: outbound,
      onEstablished: { [unowned self] in established($0) }, onFailure: { [unowned self] _ in downCount += 1 })
    self.dial = dial
    dial.connected(channel)
    loop.run()
  }

  private func established(_ connection: ClientConnection) {
    establishedCount += 1
    self.connection = connection
    connection.onEnd = { [unowned self] _ in downCount += 1 }
  }

  var isOpen: Bool { channel.isActive && downCount == 0 }

  var isEstablished: Bool { establishedCount > 0 }

  func receive(_ bytes: [UInt8]) {
    // What the pipeline doesn't want is dropped by the real channel, too.
    _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    loop.run()
  }

  /// The answer that accepts the upgrade.
  func acceptUpgrade() throws(Violation) {
    try readAll()
    guard let key else { throw Violation("no upgrade was asked for: \(String(decoding: request, as: UTF8.self))") }
    receive(
      Array(
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Accept: \(key.accept)\r\nSec-WebSocket-Protocol: pilot.v2\r\n\r\n").utf8))
  }

  /// The node sends a frame.
  func send(_ payload: [UInt8]) {
    _ = outbound.append(head: payload.span.raw, body: RawSpan())
    loop.run()
  }

  func advance(by duration: Duration) {
    loop.advanceTime(by: .nanoseconds(duration.clampedNanoseconds))
  }

  func hangUp() {
    dial?.cancel()
    connection?.close()
    _ = try? channel.finish(acceptAlreadyClosed: true)
    outbound.close()
    inbound.finish()
    dial = nil
    connection = nil
    try? loop.syncShutdownGracefully()
  }

  /// What has come for the node's program, once the client has hung up.
  func checkInbox() throws(Violation) {
    let counts = inbound.counts
    guard isEstablished || counts.unread + counts.droppedOldest == 0 else {
      throw Violation("frames were taken before the beacon had let the node in: \(counts)")
    }
  }

  /// Holds what the client has done against what it may do.
  func check() throws(Violation) {
    try readAll()
    guard establishedCount <= 1, downCount <= 1 else {
      throw Violation("established \(establishedCount) times, down \(downCount) times")
    }
    guard establishedCount == 0 || mayBeWelcome else { throw Violation("established without a welcome") }
  }

  /// Reads all that the client has sent: a request, and then masked frames that keep every rule.
  private func readAll() throws(Violation) {
    while let buffer = (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil {
      let bytes = Array(buffer.readableBytesView)
      guard key != nil else {
        request += bytes
        if request.suffix(4).elementsEqual("\r\n\r\n".utf8) { key = Self.key(in: request) }
        continue
      }
      try read(bytes)
    }
  }

  private func read(_ bytes: [UInt8]) throws(Violation) {
    var frames = 0
    do throws(WebSocketProtocolError) {
      try decoder.feed(bytes.span.raw) { event in
        if case .binary = event { frames += 1 }
      }
    } catch {
      throw Violation("the client broke a rule: \(error)")
    }
    guard frames == 0 || establishedCount == 1 else { throw Violation("a frame before the authentication") }
  }

  private static func key(in request: [UInt8]) -> WebSocketKey? {
    let field = "Sec-WebSocket-Key: "
    let lines = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
    return lines.first { $0.hasPrefix(field) }.flatMap { WebSocketKey(text: String($0.dropFirst(field.count))) }
  }
}
