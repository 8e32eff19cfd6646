import PilotTesting
import NIOCore
import NIOPosix
import NIOSSL
import PilotTransport
import PilotWire

@testable import PilotWSS

/// Either end of a TCP or TLS connection, byte by byte, for what well-behaved ends don't do.
final class RawConnection: Sendable {
  /// What has come so far.
  struct Incoming: Sendable {
    var bytes: [UInt8] = []
    var isClosed = false
    var error: String?

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  let channel: any Channel
  let incoming: Watched<Incoming>

  fileprivate init(channel: any Channel, incoming: Watched<Incoming>) {
    self.channel = channel
    self.incoming = incoming
  }

  /// Connects to a listener.
  ///
  /// - Parameter source: The own address, if it matters.
  static func connect(
    to address: Endpoint, tls: NIOSSLContext? = nil, from source: Endpoint? = nil
  ) async throws -> RawConnection {
    let incoming = Watched(Incoming())
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    if let source { bootstrap = bootstrap.bind(to: try SocketAddress(endpoint: source)) }
    let channel =
      try await bootstrap
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
          }
          try channel.pipeline.syncOperations.addHandler(Recorder(incoming))
        }
      }
      .connect(to: SocketAddress(endpoint: address)).get()
    return RawConnection(channel: channel, incoming: incoming)
  }

  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  /// Takes what has come as soon as there is as much as the closure wants.
  func take(_ count: @Sendable ([UInt8]) -> Int?) async throws -> [UInt8] {
    let length = try await incoming.first { incoming -> Int? in
      if let length = count(incoming.bytes), length <= incoming.bytes.count { return length }
      return incoming.isClosed ? -1 : nil
    }
    guard length >= 0 else { throw Unexpected("the connection was closed after: \(incoming.value.text)") }
    var taken: [UInt8] = []
    incoming.update { incoming in
      taken = Array(incoming.bytes.prefix(length))
      incoming.bytes.removeFirst(length)
    }
    return taken
  }

  /// The head of an HTTP message, with its empty line.
  func takeHead() async throws -> String {
    let end = Array("\r\n\r\n".utf8)
    let bytes = try await take { bytes in
      guard bytes.count >= end.count else { return nil }
      return (end.count...bytes.count).first { bytes[$0 - end.count..<$0].elementsEqual(end) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// All that came until the other end closed.
  func takeAll() async throws -> String {
    try await incoming.wait { $0.isClosed }
    return incoming.value.text
  }

  /// The next WebSocket frame, unmasked.
  func takeFrame() async throws -> RecordedEvent {
    let bytes = try await take { bytes in
      guard bytes.count >= 2 else { return nil }
      let short = Int(bytes[1] & 0x7F)
      let maskLength = bytes[1] & 0x80 == 0 ? 0 : 4
      if short < 126 { return 2 + maskLength + short }
      guard bytes.count >= 4 else { return nil }
      return 4 + maskLength + Int(bytes[2]) << 8 + Int(bytes[3])
    }
    let recording = Recording.of([bytes], role: bytes[1] & 0x80 == 0 ? .client : .server)
    guard let event = recording.events.first else { throw Unexpected(recording) }
    return event
  }

  func close() { channel.close(promise: nil) }

  /// Waits for the other end to close.
  func closed() async throws { try await incoming.wait { $0.isClosed } }

  /// Whether bytes are taken off the socket at all.
  func read(_ reads: Bool) async throws { try await channel.setOption(.autoRead, value: reads).get() }
}

/// Accepts raw connections.
final class RawServer: Sendable {
  let address: Endpoint
  private let channel: any Channel
  private let accepted: Watched<[RawConnection]>

  private init(address: Endpoint, channel: any Channel, accepted: Watched<[RawConnection]>) {
    self.address = address
    self.channel = channel
    self.accepted = accepted
  }

  /// - Parameter answer: What is sent, at once and by itself, to the head of a request.
  static func start(
    tls: NIOSSLContext? = nil, answer: (@Sendable (String) -> [UInt8])? = nil
  ) async throws -> RawServer {
    let accepted = Watched<[RawConnection]>([])
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let incoming = Watched(RawConnection.Incoming())
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(Recorder(incoming, answer: answer))
          accepted.update { $0.append(RawConnection(channel: channel, incoming: incoming)) }
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    guard let address = channel.localAddress.flatMap(Endpoint.init(address:)) else { throw Unexpected("no address") }
    return RawServer(address: address, channel: channel, accepted: accepted)
  }

  /// The next connection that comes.
  func next() async throws -> RawConnection {
    try await accepted.wait { !$0.isEmpty }
    let connection = accepted.value[0]
    accepted.update { $0.removeFirst() }
    return connection
  }

  /// Connections that came and weren't asked for.
  var waiting: Int { accepted.value.count }

  func stop() async { try? await channel.close() }
}

private final class Recorder: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let incoming: Watched<RawConnection.Incoming>
  private var answer: ((String) -> [UInt8])?

  init(_ incoming: Watched<RawConnection.Incoming>, answer: ((String) -> [UInt8])? = nil) {
    self.incoming = incoming
    self.answer = answer
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data).bytes
    var text = ""
    // In one step: the test may take the bytes as soon as they are there.
    incoming.update { incoming in
      incoming.bytes += bytes
      if answer != nil { text = incoming.text }
    }
    guard let answer else { return }
    if text.hasSuffix("\r\n\r\n") {
      self.answer = nil
      context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer(text))), promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    incoming.update { $0.error = "\(error)" }
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    incoming.update { $0.isClosed = true }
    context.fireChannelInactive()
  }
}
