import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy on loopback that can become a bad network: stop carrying, without a word to either side, or cut everything.
final class TCPProxy: Sendable {
  private let listener: any Channel
  private let pairs: Mutex<[NIOLoopBound<Pair>]>

  /// The port to connect to.
  var port: Int { listener.localAddress?.port ?? 0 }

  private init(listener: any Channel, pairs: [NIOLoopBound<Pair>] = []) {
    self.listener = listener
    self.pairs = Mutex(pairs)
  }

  /// Listens, and carries each connection to this port.
  static func start(to port: Int) async throws -> TCPProxy {
    let registry = Registry()
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let listener = try await ServerBootstrap(group: loop, childGroup: loop)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        ClientBootstrap(group: loop).connect(host: "127.0.0.1", port: port).flatMapThrowing { server in
          let pair = Pair(client: client, server: server)
          try client.pipeline.syncOperations.addHandler(Carrier(to: server))
          try server.pipeline.syncOperations.addHandler(Carrier(to: client))
          registry.add(NIOLoopBound(pair, eventLoop: loop))
          client.setOption(.autoRead, value: true).whenFailure { _ in }
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let proxy = TCPProxy(listener: listener)
    registry.proxy.withLock { $0 = proxy }
    return proxy
  }

  /// Reads nothing any more from either side of the connections that are open now. New ones are carried.
  func stall() async throws {
    for pair in pairs.withLock({ $0 }) {
      try await pair.eventLoop.submit {
        pair.value.client.setOption(.autoRead, value: false).whenFailure { _ in }
        pair.value.server.setOption(.autoRead, value: false).whenFailure { _ in }
      }.get()
    }
  }

  /// Reads nothing any more from the port that is carried to: its clients are heard there, and hear nothing.
  func hush() async throws {
    for pair in pairs.withLock({ $0 }) {
      try await pair.eventLoop.submit {
        pair.value.server.setOption(.autoRead, value: false).whenFailure { _ in }
      }.get()
    }
  }

  /// Goes on carrying after ``stall()``.
  func resume() async throws {
    for pair in pairs.withLock({ $0 }) {
      try await pair.eventLoop.submit {
        pair.value.client.setOption(.autoRead, value: true).whenFailure { _ in }
        pair.value.server.setOption(.autoRead, value: true).whenFailure { _ in }
      }.get()
    }
  }

  /// Ends everything.
  func close() async throws {
    for pair in pairs.withLock({ $0 }) {
      try await pair.eventLoop.submit {
        pair.value.client.close(promise: nil)
        pair.value.server.close(promise: nil)
      }.get()
    }
    try await listener.close()
  }

  private struct Pair {
    let client: any Channel
    let server: any Channel
  }

  private final class Registry: Sendable {
    let proxy = Mutex<TCPProxy?>(nil)

    func add(_ pair: NIOLoopBound<Pair>) {
      proxy.withLock { $0 }?.pairs.withLock { $0.append(pair) }
    }
  }

  /// Carries what one side sends to the other.
  private final class Carrier: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) {
      self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
