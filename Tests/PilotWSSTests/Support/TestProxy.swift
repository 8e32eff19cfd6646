import PilotTesting
import NIOCore
import NIOPosix
import PilotTransport
import PilotWire
import Synchronization

@testable import PilotWSS

/// Forwards TCP connections, until it goes silent: nothing is forwarded any more and nobody is told, as when a cable is
/// cut.
final class TestProxy: Sendable {
  let address: Endpoint
  private let server: any Channel
  private let channels: Mutex<[any Channel]>

  private init(address: Endpoint, server: any Channel) {
    self.address = address
    self.server = server
    channels = Mutex([])
  }

  static func start(to target: Endpoint) async throws -> TestProxy {
    let group = MultiThreadedEventLoopGroup.singleton
    let links = Watched<TestProxy?>(nil)
    let server = try await ServerBootstrap(group: group)
      .childChannelInitializer { inner in
        // Both ends on one loop, so that they can call each other.
        ClientBootstrap(group: inner.eventLoop).connect(host: target.addressText, port: Int(target.port))
          .flatMapThrowing { outer in
            try inner.pipeline.syncOperations.addHandler(Forwarder(to: outer))
            try outer.pipeline.syncOperations.addHandler(Forwarder(to: inner))
            links.value?.channels.withLock { $0 += [inner, outer] }
          }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    guard let address = server.localAddress.flatMap(Endpoint.init(address:)) else { throw Unexpected("no address") }
    let proxy = TestProxy(address: address, server: server)
    links.update { $0 = proxy }
    return proxy
  }

  /// Cuts all connections that there are, silently.
  func cut() async throws {
    for channel in channels.withLock({ $0 }) { try await channel.setOption(.autoRead, value: false).get() }
  }

  func stop() async {
    try? await server.close()
    for channel in channels.withLock({ $0 }) { channel.close(promise: nil) }
  }
}

private final class Forwarder: ChannelInboundHandler {
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
}
