internal import CPilotUDP
internal import PilotTransport
internal import PilotWire
internal import Synchronization

/// Which reports about the length of packets are news, and what this machine has said last. They come as often as anybody likes: a router, or who forges its
/// reports, sends one for each datagram, and so does this machine for each frame that it refuses.
///
/// What isn't told is counted all the same. From any thread.
final class PathMTULog: Sendable {
  /// How many destinations are remembered. At more, all are forgotten, and told anew.
  static let capacity = 1_024
  /// How soon the same is told again of one destination: who has missed it learns it then.
  static let repetition = Duration.seconds(1)

  private struct Told {
    let mtu: PathMTU
    let at: MonotonicInstant
  }

  private struct State {
    var told: [Endpoint: Told] = [:]
    /// What this machine has said when it refused a frame, by the address that it was for.
    var said: [Endpoint: PathMTU] = [:]
    /// Whatever the destinations are, so that other events of the transport aren't pushed out.
    var budget = RateLimit(perSecond: 16, burst: 64)
  }

  private let state = Mutex(State())

  /// Whether to tell that packets to a destination may be so long. If so, it is taken for told.
  func isWorthTelling(_ mtu: PathMTU, to destination: Endpoint, at now: MonotonicInstant) -> Bool {
    let address = Self.address(of: destination)
    return state.withLock { state in
      if let last = state.told[address], last.mtu == mtu, last.at.duration(to: now) < Self.repetition { return false }
      guard state.budget.admits(at: now.nanoseconds) else { return false }
      if state.told.count >= Self.capacity { state.told.removeAll() }
      state.told[address] = Told(mtu: mtu, at: now)
      return true
    }
  }

  /// This machine has refused a frame, and said how long packets to there may be.
  func said(_ mtu: PathMTU, of destination: Endpoint) {
    state.withLock { state in
      if state.said.count >= Self.capacity { state.said.removeAll() }
      state.said[Self.address(of: destination)] = mtu
    }
  }

  /// What this machine has said last, to whichever thread.
  func lastSaid(of destination: Endpoint) -> PathMTU? { state.withLock { $0.said[Self.address(of: destination)] } }

  private static func address(of destination: Endpoint) -> Endpoint {
    Endpoint(high: destination.high, low: destination.low, scope: destination.scope, port: 0)
  }
}

extension PathMTU {
  /// Asks this machine; nil if it doesn't say, or has no route.
  init?(asking destination: Endpoint, from source: Endpoint) {
    var (destination, source) = (cpilot_udp_address(destination), cpilot_udp_address(source))
    // SAFETY: the function reads both addresses during the call.
    let mtu = unsafe cpilot_udp_path_mtu(&destination, &source)
    guard mtu > 0 else { return nil }
    self.init(bytes: Int(mtu))
  }
}
