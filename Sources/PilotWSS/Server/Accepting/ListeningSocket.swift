package import Logging
package import NIOCore
package import NIOPosix
package import PilotTransport
package import PilotWire

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Binds what a beacon accepts TCP connections on.
package enum ListeningSocket {
  /// A bound socket, and where it is.
  package struct Bound: Sendable {
    package let channel: any Channel
    /// The address that was bound; with a port where 0 was asked for.
    package let address: Endpoint
  }

  /// How long an event loop has for what is asked of it here.
  private static let limit: Duration = .seconds(2)

  /// Binds, and begins to accept. Where all addresses are asked for and this machine has no IPv6, all of IPv4 are taken, as a
  /// UDP socket does.
  ///
  /// - Parameter logger: Is told of that.
  /// - Throws: `.bindFailed` with the system's reason.
  package static func bind(
    _ bootstrap: ServerBootstrap, to address: Endpoint, logger: Logger
  ) async throws(TransportError) -> Bound {
    try await bind(to: address, logger: logger) { address in
      try await bootstrap.bind(to: SocketAddress(endpoint: address)).get()
    }
  }

  /// Accepts on a socket that another process has bound.
  ///
  /// - Parameters:
  ///   - descriptor: The socket, which is the channel's from now on.
  ///   - address: Where it is thought to be.
  ///   - backlog: Connections that wait to be accepted, at most: SwiftNIO asks for its own number of such a socket.
  /// - Throws: `.bindFailed` with the system's reason.
  package static func adopt(
    _ bootstrap: ServerBootstrap, _ descriptor: CInt, at address: Endpoint, backlog: CInt
  ) async throws(TransportError) -> Bound {
    do {
      let channel = try await bootstrap.withBoundSocket(descriptor).get()
      _ = try await channel.eventLoop.submit {
        try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
          listen($0, backlog)
        }
      }.get()
      return Bound(channel, asked: address)
    } catch {
      throw refusal(of: address, error)
    }
  }

  /// Lends a channel's descriptor. Waits for its event loop, two seconds at most: not on one.
  package static func withDescriptor<Result: Sendable>(
    of channel: any Channel, _ body: @escaping @Sendable (CInt) -> Result?
  ) throws -> Result? {
    try channel.eventLoop.submit {
      try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self, body) ?? nil
    }.wait(within: limit)
  }

  /// Accepts nobody any more, without an end to what is open: another process does from now on. Waits for event loops, two seconds
  /// at most: not on one.
  ///
  /// What has been accepted by then is set up first, which happens on another event loop: SwiftNIO closes a connection
  /// whose server channel is closed before that is through (`ServerBootstrap`).
  ///
  /// - Parameter group: Where its connections are served.
  /// - Throws: If they don't answer in time: it is closed when they do.
  package static func giveUp(_ channel: any Channel, servedOn group: any EventLoopGroup) throws {
    let loops = group.makeIterator().map { $0 }
    try channel.setOption(.autoRead, value: false).flatMap {
      EventLoopFuture.andAllComplete(loops.map { loop in loop.submit {} }, on: channel.eventLoop)
    }.flatMap { channel.close() }.wait(within: limit)
  }

  /// As above, by any means.
  static func bind(
    to address: Endpoint, logger: Logger, by open: (Endpoint) async throws -> any Channel
  ) async throws(TransportError) -> Bound {
    do {
      return Bound(try await open(address), asked: address)
    } catch {
      guard address == .any(port: address.port), Self.meansNoIPv6(error) else { throw refusal(of: address, error) }
    }
    let plain = Endpoint(ipv4Address: 0, port: address.port)
    do {
      let bound = Bound(try await open(plain), asked: plain)
      logger.notice("no IPv6 on this machine: IPv4 only", metadata: ["listener": "\(bound.address)"])
      return bound
    } catch {
      throw refusal(of: plain, error)
    }
  }

  /// Without IPv6 there is no socket of that family, or no address to bind it to.
  private static func meansNoIPv6(_ error: any Error) -> Bool {
    guard let error = error as? IOError else { return false }
    return [EAFNOSUPPORT, EADDRNOTAVAIL, EPROTONOSUPPORT].contains(error.errnoCode)
  }

  private static func refusal(of address: Endpoint, _ error: any Error) -> TransportError {
    TransportError(
      code: .bindFailed, message: "TCP \(address) could not be bound; is the port in use or privileged?", cause: error,
      retry: opensLater(error))
  }

  /// What another program, or the administrator of this machine, can change: as for UDP.
  private static func opensLater(_ error: any Error) -> RetryAdvice {
    let passing = [EADDRINUSE, EADDRNOTAVAIL, EMFILE, ENFILE, ENOBUFS, ENOMEM]
    return passing.contains((error as? IOError)?.errnoCode ?? 0) ? .later(after: nil) : .never
  }
}

extension ListeningSocket.Bound {
  fileprivate init(_ channel: any Channel, asked: Endpoint) {
    self.init(channel: channel, address: channel.localAddress.flatMap { Endpoint(address: $0) } ?? asked)
  }
}
