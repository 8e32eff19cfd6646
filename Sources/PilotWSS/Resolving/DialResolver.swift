import NIOCore
import NIOPosix
import PilotTransport
import PilotWire
import Synchronization

/// One dial's lookup, as SwiftNIO's race of addresses (RFC 8305) asks for it: each family by itself, so that one that isn't
/// answered holds up nothing.
final class DialResolver: Resolver, Sendable {
  private struct State {
    var search: HostSearch
    var isKnown = false
    var promises: [AddressFamily: EventLoopPromise<[SocketAddress]>] = [:]
  }

  private let resolver: any HostResolver
  private let loop: any EventLoop
  private let port: UInt16
  private let state: Mutex<State>

  /// - Parameters:
  ///   - loop: Whose clock counts.
  ///   - fallback: What stands in where the name server fails.
  init(asking resolver: any HostResolver, on loop: any EventLoop, port: UInt16, fallback: [Endpoint]) {
    self.resolver = resolver
    self.loop = loop
    self.port = port
    state = Mutex(State(search: HostSearch(fallback: fallback)))
  }

  /// Whether any address has been found, so that time is spent on connecting.
  var isKnown: Bool { state.withLock { $0.isKnown } }

  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { lookUp(host, .ipv4) }

  /// This one comes first.
  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
    loop.scheduleTask(in: TimeAmount(HostAddresses.patience)) { [weak self] in self?.update { $0.becomeLate() } }
    return lookUp(host, .ipv6)
  }

  /// What is under way can't be called back; nobody hears of it any more.
  func cancelQueries() {
    update { search in
      for family in AddressFamily.allCases where search.outcome(of: family) == nil {
        search.answered(family, .failure(ResolveFault(reason: "cancelled")))
      }
    }
  }

  private func lookUp(_ host: String, _ family: AddressFamily) -> EventLoopFuture<[SocketAddress]> {
    let promise = loop.makePromise(of: [SocketAddress].self)
    state.withLock { $0.promises[family] = promise }
    resolver.lookUp(host, family) { [weak self] answer in self?.update { $0.answered(family, answer) } }
    return promise.futureResult
  }

  /// Fulfils the promises that can be.
  private func update(_ change: (inout HostSearch) -> Void) {
    let due = state.withLock { state in
      change(&state.search)
      state.isKnown = state.isKnown || state.search.hasAddresses
      var due: [(EventLoopPromise<[SocketAddress]>, Result<[Endpoint], ResolveFault>)] = []
      for family in AddressFamily.allCases {
        guard let outcome = state.search.outcome(of: family), let promise = state.promises.removeValue(forKey: family)
        else { continue }
        due.append((promise, outcome))
      }
      return due
    }
    for (promise, outcome) in due {
      switch outcome {
      case .success(let addresses): promise.succeed(addresses.compactMap { SocketAddress(of: $0, port: port) })
      case .failure(let fault): promise.fail(fault)
      }
    }
  }
}

extension SocketAddress {
  /// An address to connect to, with its zone.
  fileprivate init?(of endpoint: Endpoint, port: UInt16) {
    let unscoped = Endpoint(high: endpoint.high, low: endpoint.low, port: port)
    guard let address = try? SocketAddress(endpoint: unscoped) else { return nil }
    guard case .v6(let ipv6) = address, endpoint.scope != 0 else {
      self = address
      return
    }
    self.init(ipv6.address.inZone(endpoint.scope), host: "")
  }
}
