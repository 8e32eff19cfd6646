import NIOCore
import NIOPosix
package import PilotTransport
package import PilotWire

/// What a host's name stands for.
package enum HostAddresses {
  /// The most addresses of one name that are used. Whoever answers for the name could give any number.
  package static let limit = 16
  /// How long a name server may be silent until addresses that were given for the host stand in.
  package static let patience: Duration = .seconds(3)
  /// How long the second family is waited for once the first has an address (RFC 8305, section 3).
  static let resolutionDelay: Duration = .milliseconds(50)

  /// The addresses that a host has, of both families by turns, each in the order of the system's preference (getaddrinfo(3),
  /// RFC 6724); at least one, and at most ``limit``.
  ///
  /// A name server may take its time: threads wait for it, and a cancelled task doesn't. One that answers for one family alone
  /// costs 50 ms.
  ///
  /// - Parameter fallback: What stands in where the name server fails, or is silent for ``patience``.
  /// - Throws: `.resolveFailed` with the system's reason, `.cancelled`.
  package static func resolve(
    _ host: String, port: UInt16, fallback: StaticAddresses = StaticAddresses()
  ) async throws(TransportError) -> [Endpoint] {
    try await resolve(
      host, port: port, fallback: fallback, by: SystemResolver.ofProcess,
      on: MultiThreadedEventLoopGroup.singleton.next())
  }

  private enum Step: Sendable {
    case answered(AddressFamily, Result<[Endpoint], ResolveFault>)
    case late
    case enough
  }

  /// - Parameter loop: Whose clock counts.
  static func resolve(
    _ host: String, port: UInt16, fallback: StaticAddresses, by resolver: any HostResolver, on loop: any EventLoop
  ) async throws(TransportError) -> [Endpoint] {
    var search = HostSearch(fallback: fallback.addresses(of: host))
    let (steps, told) = AsyncStream.makeStream(of: Step.self, bufferingPolicy: .bufferingNewest(4))
    for family in AddressFamily.allCases {
      resolver.lookUp(host, family) { told.yield(.answered(family, $0)) }
    }
    let lateness = loop.scheduleTask(in: TimeAmount(patience)) { _ = told.yield(.late) }
    var delay: Scheduled<Void>?
    defer {
      lateness.cancel()
      delay?.cancel()
    }
    waiting: for await step in steps {
      switch step {
      case .answered(let family, let answer): search.answered(family, answer)
      case .late: search.becomeLate()
      case .enough: break waiting
      }
      if search.isComplete { break }
      if search.hasAddresses, delay == nil {
        delay = loop.scheduleTask(in: TimeAmount(resolutionDelay)) { _ = told.yield(.enough) }
      }
    }
    if Task.isCancelled { throw .cancelled }
    let found = search.addresses.prefix(limit).map { Endpoint(high: $0.high, low: $0.low, scope: $0.scope, port: port) }
    guard found.isEmpty else { return found }
    throw TransportError(unresolved: host, search.fault)
  }

  /// The addresses of one family, as the system's resolver has them, with port 0; for whoever wants to know what it says.
  ///
  /// - Parameter limit: How long it may be silent.
  package static func lookUp(
    _ host: String, _ family: AddressFamily, within limit: Duration
  ) async -> Result<[Endpoint], ResolveFault> {
    let (answers, told) = AsyncStream.makeStream(
      of: Result<[Endpoint], ResolveFault>.self, bufferingPolicy: .bufferingOldest(1))
    SystemResolver.ofProcess.lookUp(host, family) { told.yield($0) }
    let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: TimeAmount(limit)) {
      _ = told.yield(.failure(ResolveFault(reason: "no answer within \(limit)")))
    }
    defer { timer.cancel() }
    for await answer in answers { return answer }
    return .failure(ResolveFault(reason: "cancelled"))
  }
}
