import PilotTesting
import NIOCore
import NIOPosix
import NIOSSL
import PilotTransport
import PilotWire

@testable import PilotWSS

/// A proxy that makes tunnels, all to one place, whatever name is asked for.
final class TunnelProxy: Sendable {
  let address: Endpoint
  /// The heads of the requests so far.
  let requests = Watched<[String]>([])
  private let server = Watched<(any Channel)?>(nil)

  private init(address: Endpoint) { self.address = address }

  static func start(to target: Endpoint, tls: NIOSSLContext? = nil) async throws -> TunnelProxy {
    let proxies = Watched<TunnelProxy?>(nil)
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(
            TunnelEntry(to: target) { head in proxies.value?.requests.update { $0.append(head) } })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    guard let address = server.localAddress.flatMap(Endpoint.init(address:)) else { throw Unexpected("no address") }
    let proxy = TunnelProxy(address: address)
    proxy.server.update { $0 = server }
    proxies.update { $0 = proxy }
    return proxy
  }

  func stop() async { try? await server.value?.close() }
}

/// Reads the request, and is then one end of the tunnel.
private final class TunnelEntry: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let target: Endpoint
  private let note: (String) -> Void
  private var head = ""
  private var exit: (any Channel)?

  init(to target: Endpoint, note: @escaping (String) -> Void) {
    self.target = target
    self.note = note
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if let exit { return exit.writeAndFlush(bytes, promise: nil) }
    head += String(buffer: bytes)
    guard head.hasSuffix("\r\n\r\n") else { return }
    note(head)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    ClientBootstrap(group: context.eventLoop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(TunnelExit(to: bound.value.1.channel))
        }
      }
      .connect(host: target.addressText, port: Int(target.port))
      .whenComplete { result in
        let (entry, context) = bound.value
        entry.exit = try? result.get()
        let answer = entry.exit == nil ? "HTTP/1.1 502 No\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n"
        context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
      }
  }

  func channelInactive(context: ChannelHandlerContext) { exit?.close(promise: nil) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class TunnelExit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let entry: any Channel

  init(to entry: any Channel) { self.entry = entry }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    entry.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) { entry.close(promise: nil) }
}
