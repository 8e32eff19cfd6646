import NIOCore
import PilotIdentity
import PilotWSS
import PilotWire

/// A node's part of a WebSocket connection, step by step, each of which can be done wrong.
struct Talk: ~Copyable {
  /// What the beacon says.
  enum Said: Equatable {
    case text([UInt8])
    case binary
    case close
  }

  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var decoder = WebSocketDecoder(role: .client)
  private var encoder = WebSocketEncoder(role: .client)
  private var said: [Said] = []

  init(
    inbound: consuming NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
    outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) {
    self.inbound = inbound
    self.outbound = outbound
  }

  /// Upgrades, and reads the challenge.
  mutating func challenge(_ request: String) async throws -> AuthChallenge {
    try await say(bytes: Array(request.utf8))
    var head = ByteBuffer()
    while true {
      guard var part = try await inbound.next(isolation: #isolation) else { throw ChaosFailure("the beacon hung up") }
      head.writeBuffer(&part)
      if let end = Self.end(of: head) {
        head.moveReaderIndex(forwardBy: end)
        try hear(head)
        break
      }
    }
    guard case .text(let text)? = try await next(),
      case .challenge(let challenge) = try HandshakeMessage(parsing: text.span.raw)
    else { throw ChaosFailure("no challenge") }
    return challenge
  }

  /// Upgrades and authenticates, as it should be.
  mutating func authenticate(_ request: String, as node: NodeID, with identity: Identity) async throws {
    let challenge = try await challenge(request)
    try await say(text: identity.reply(to: challenge, as: node).json)
    guard case .text? = try await next() else { throw ChaosFailure("refused") }
  }

  /// What comes next; nil at the end.
  mutating func next() async throws -> Said? {
    while said.isEmpty {
      guard let part = try await inbound.next(isolation: #isolation) else { return nil }
      try hear(part)
    }
    return said.removeFirst()
  }

  mutating func say(text: String) async throws {
    var buffer = ByteBuffer()
    let bytes = Array(text.utf8)
    encoder.append(.text, payload: bytes.span.raw, into: &buffer)
    try await outbound.write(buffer)
  }

  mutating func sayClose() async throws {
    var buffer = ByteBuffer()
    encoder.appendClose(WebSocketCloseFrame(.normal), into: &buffer)
    try await outbound.write(buffer)
  }

  func say(bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

  private mutating func hear(_ bytes: ByteBuffer) throws {
    var heard: [Said] = []
    do throws(WebSocketProtocolError) {
      try decoder.feed(bytes.readableBytesSpan) { event in
        switch event {
        case .text(let text): heard.append(.text(text.copied()))
        case .binary: heard.append(.binary)
        case .close: heard.append(.close)
        case .ping, .pong: break
        }
      }
    } catch {
      throw ChaosFailure("the beacon broke RFC 6455")
    }
    said += heard
  }

  private static func end(of head: ByteBuffer) -> Int? {
    let bytes = Array(head.readableBytesView)
    let mark = Array("\r\n\r\n".utf8)
    guard bytes.count >= mark.count else { return nil }
    return (mark.count...bytes.count).first { bytes[($0 - mark.count)..<$0].elementsEqual(mark) }
  }
}
