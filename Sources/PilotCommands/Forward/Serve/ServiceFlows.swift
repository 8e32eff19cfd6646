import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// The flows of peers to what this process serves, and the socket of each.
final class ServiceFlows: Sendable {
  /// Where a flow's datagrams go.
  struct Way: Equatable, Sendable {
    let socket: UInt64
    let service: Endpoint
  }

  /// Whose a socket is.
  struct Owner: Equatable, Sendable {
    let flow: ServedFlow
    let place: Int
  }

  private struct State {
    var table: FlowTable<ServedFlow, NodeID>
    /// By place.
    var ways: [Way?] = []
    var owners: [UInt64: Owner] = [:]
    /// By rule; nil as long as a name isn't resolved.
    var addresses: [Endpoint?]
    /// How often each peer may open a flow.
    var openings: [NodeID: RateLimit] = [:]
  }

  /// How many new flows a peer may have a second, and at once: each costs some system calls on the task that reads for all peers.
  private static let openingsPerSecond = 500
  private static let openingsAtOnce = 1_024

  /// 4,096 flows, or as many as half of the descriptors are enough for that this process may have.
  static var capacity: Int {
    min(4_096, max((DescriptorLimit.current - DescriptorLimit.reserve) / 2, DescriptorLimit.reserve))
  }

  private let sockets: ConnectedSockets
  private let state: Mutex<State>

  /// - Parameters:
  ///   - rules: How many services there are.
  ///   - sockets: Where the flows' are opened.
  ///   - capacity: How many flows there are at most.
  init(rules: Int, sockets: ConnectedSockets, capacity: Int = ServiceFlows.capacity) {
    self.sockets = sockets
    state = Mutex(State(table: .served(capacity: capacity), addresses: Array(repeating: nil, count: rules)))
  }

  /// How many there are.
  var count: Int { state.withLock { $0.table.count } }

  /// Where a datagram of a flow goes, which is opened if there is none; nil if it can't be.
  func way(of flow: ServedFlow) -> Way? {
    let now = MonotonicInstant.now()
    return state.withLock { way(of: flow, at: now, &$0) }
  }

  private func way(of flow: ServedFlow, at now: MonotonicInstant, _ state: inout State) -> Way? {
    if let place = state.table.place(of: flow) {
      state.table.touch(place, at: now)
      return state.ways[place]
    }
    guard let service = state.addresses[flow.rule],
      state.openings[flow.peer, default: RateLimit(perSecond: Self.openingsPerSecond, burst: Self.openingsAtOnce)]
        .admits(at: now.nanoseconds),
      let socket = try? sockets.open(to: service)
    else { return nil }
    guard case .opened(let place, let closed) = state.table.open(flow, of: flow.peer, at: now) else { return nil }
    if let closed { release(closed, &state) }
    while state.ways.count <= place { state.ways.append(nil) }
    let way = Way(socket: socket, service: service)
    state.ways[place] = way
    state.owners[socket] = Owner(flow: flow, place: place)
    return way
  }

  /// Whose an answer is that has come on a socket; nil if its flow is gone.
  func owner(of socket: UInt64) -> Owner? {
    let now = MonotonicInstant.now()
    return state.withLock { state in
      guard let owner = state.owners[socket] else { return nil }
      state.table.touch(owner.place, at: now)
      return owner
    }
  }

  /// A service is there from now on: flows to where it was before are given up.
  ///
  /// - Returns: Whether that is another address than before.
  @discardableResult
  func setAddress(_ address: Endpoint, of rule: Int) -> Bool {
    state.withLock { state in
      guard state.addresses[rule] != address else { return false }
      state.addresses[rule] = address
      for (place, way) in state.ways.enumerated() {
        guard way != nil, state.table.key(at: place)?.rule == rule else { continue }
        state.table.close(place)
        release(place, &state)
      }
      return true
    }
  }

  /// Whether it is known where a service is.
  func hasAddress(_ rule: Int) -> Bool { state.withLock { $0.addresses[rule] != nil } }

  /// The services at an address.
  func rules(at address: Endpoint) -> [Int] {
    state.withLock { state in state.addresses.indices.filter { state.addresses[$0] == address } }
  }

  /// Gives up what nothing has gone through.
  func expire() {
    let now = MonotonicInstant.now()
    state.withLock { state in
      while let (place, _) = state.table.expire(at: now) { release(place, &state) }
      if state.table.count == 0 { state.openings = [:] }
    }
  }

  /// Closes the socket of a flow that is gone.
  private func release(_ place: Int, _ state: inout State) {
    guard let way = state.ways[place].take() else { return }
    state.owners[way.socket] = nil
    sockets.close(way.socket)
  }
}
