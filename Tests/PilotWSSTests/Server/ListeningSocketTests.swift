import Dispatch
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct ListeningSocketTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Binds on a machine where IPv6 fails with this.
  private func bind(_ address: Endpoint, ipv6 code: CInt) async throws -> (Endpoint, asked: [Endpoint]) {
    var asked: [Endpoint] = []
    let bound = try await ListeningSocket.bind(to: address, logger: logger) { address in
      asked.append(address)
      if !address.isIPv4 { throw IOError(errnoCode: code, reason: "bind") }
      return EmbeddedChannel()
    }
    return (bound.address, asked)
  }

  @Test(arguments: [EAFNOSUPPORT, EADDRNOTAVAIL, EPROTONOSUPPORT])
  func `without IPv6 all addresses are those of IPv4`(code: CInt) async throws {
    let (address, asked) = try await bind(.any(port: 9443), ipv6: code)
    #expect(address == Endpoint(ipv4Address: 0, port: 9443))
    #expect(asked == [.any(port: 9443), Endpoint(ipv4Address: 0, port: 9443)])
  }

  @Test func `another trouble is no reason, and neither is one address that isn't there`() async throws {
    for (address, code) in [(Endpoint.any(port: 1), EADDRINUSE), (Endpoint(high: 0, low: 1, port: 1), EADDRNOTAVAIL)] {
      let error = await failure { _ = try await bind(address, ipv6: code) }
      #expect(error?.code == .bindFailed)
      #expect(error?.message.contains("\(address)") == true)
      #expect((error?.cause as? IOError)?.errnoCode == code)
    }
  }

  @Test func `an address of IPv4 is asked for once`() async throws {
    let (_, asked) = try await bind(.loopback(port: 1), ipv6: EAFNOSUPPORT)
    #expect(asked == [.loopback(port: 1)])
  }

  /// Says that its connection is served, or hears so.
  private final class Served: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let outcome: EventLoopPromise<Void>?

    init(_ outcome: EventLoopPromise<Void>? = nil) { self.outcome = outcome }

    func channelActive(context: ChannelHandlerContext) {
      if outcome == nil { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [1])), promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { outcome?.succeed() }

    func channelInactive(context: ChannelHandlerContext) { outcome?.fail(ChannelError.eof) }
  }

  @Test(.timeLimit(.minutes(1)))
  func `who has been accepted when a listener is given up is served, and nobody else is`() async throws {
    let parents = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let children = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let (isAccepted, goOn) = (parents.next().makePromise(of: Void.self), DispatchSemaphore(value: 0))
    let server = try await ServerBootstrap(group: parents, childGroup: children)
      .childChannelInitializer { channel in
        isAccepted.succeed()
        goOn.wait()
        return channel.pipeline.addHandler(Served())
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let outcome = parents.next().makePromise(of: Void.self)
    let client = try await ClientBootstrap(group: parents)
      .channelInitializer { $0.pipeline.addHandler(Served(outcome)) }
      .connect(to: try #require(server.localAddress)).get()
    try await isAccepted.futureResult.get()
    let isGivenUp = parents.next().makePromise(of: Void.self)
    DispatchQueue(label: "test").async {
      isGivenUp.completeWith(Result { try ListeningSocket.giveUp(server, servedOn: children) })
    }
    while (try? await server.getOption(.autoRead).get()) == true { await Task.yield() }
    goOn.signal()
    try await isGivenUp.futureResult.get()
    #expect(!server.isActive)
    try await outcome.futureResult.get()
    try await client.close()
    try await parents.shutdownGracefully()
    try await children.shutdownGracefully()
  }
}
