import NIOCore
import NIOPosix
import PilotTransport

/// How a TCP connection comes about: by the name's resolution, and with its addresses racing (RFC 8305), both families by
/// turns, IPv6 first, the next one as soon as the one before has failed, or after 250 ms.
///
/// Confined to one event loop; makes one connection.
final class Connector {
  private let loop: any EventLoop
  private let target: DialTarget
  private let resolver: DialResolver
  private var channels: [any Channel] = []
  private var isOver = false

  /// - Parameters:
  ///   - resolver: Who is asked for the addresses.
  ///   - fallback: Those that stand in where it fails.
  init(to target: DialTarget, asking resolver: any HostResolver, fallback: StaticAddresses, loop: any EventLoop) {
    self.loop = loop
    self.target = target
    self.resolver = DialResolver(
      asking: resolver, on: loop, port: UInt16(clamping: target.port), fallback: fallback.addresses(of: target.host))
  }

  /// Whether an address is known, so that it is connecting that takes its time.
  var hasAddresses: Bool { resolver.isKnown }

  /// Begins. `completion` hears once of the channel or of why there is none, unless ``cancel()`` came first. The channel is
  /// then its owner's to end.
  ///
  /// - Parameter limit: The longest time for all addresses together.
  func connect(within limit: Duration, completion: @escaping (Result<any Channel, TransportError>) -> Void) {
    let bound = NIOLoopBound((self, completion), eventLoop: loop)
    ClientBootstrap(group: loop)
      .resolver(resolver)
      .connectTimeout(TimeAmount(limit))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        bound.value.0.opened(channel)
      }
      .connect(host: target.host, port: target.port)
      .whenComplete { result in
        let (connector, completion) = bound.value
        connector.finish(
          result.mapError { error in
            // It was the name that took all the time.
            guard error is ChannelError, !connector.hasAddresses else {
              return TransportError(connecting: error, to: connector.target)
            }
            return TransportError(
              unresolved: connector.target.host, ResolveFault(reason: "no answer within \(limit)"))
          }, completion)
      }
  }

  /// Ends the attempt with every connection that it has opened.
  func cancel() {
    guard !isOver else { return }
    isOver = true
    for channel in channels { channel.cutOff() }
    channels = []
  }

  /// A race makes several channels, some of them after the name's late resolution; all must go when it is over.
  private func opened(_ channel: any Channel) -> EventLoopFuture<Void> {
    guard !isOver else { return loop.makeFailedFuture(TransportError.cancelled) }
    channels.append(channel)
    return loop.makeSucceededVoidFuture()
  }

  private func finish(
    _ result: Result<any Channel, TransportError>, _ completion: (Result<any Channel, TransportError>) -> Void
  ) {
    guard !isOver else {
      if case .success(let channel) = result { channel.cutOff() }
      return
    }
    isOver = true
    channels = []
    completion(result)
  }
}
