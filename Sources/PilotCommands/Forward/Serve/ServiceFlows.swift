import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// The flows of peers to what this process serves, and the socket of each.
final class ServiceFlows: Sendable {
  /// Where a flow's datagrams go.
  struct Destination: Equatable, Sendable {
    let socket: UInt64
    let service: Endpoint
  }

  /// Whose a socket is.
  struct Owner: Equatable, Sendable {
    let flow: ServedFlow
    let place: Int
    let service: Endpoint
  }

  private struct State {
    var table: FlowTable<ServedFlow, ServedShare>
    /// By place.
    var destinations: [Destination?] = []
    var owners: [UInt64: Owner] = [:]
    /// By rule.
    var places: [ServicePlace]
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
    state = Mutex(State(table: .served(capacity: capacity), places: Array(repeating: ServicePlace(), count: rules)))
  }

  /// How many there are.
  var count: Int { state.withLock { $0.table.count } }

  /// Where a datagram of a flow goes, which is opened if there is none; nil if it isn't known where the service is, or the peer has
  /// opened too many lately.
  ///
  /// - Throws: Why no socket leads to the service. Where there is no route, the next address of its host is used from then on.
  func destination(of flow: ServedFlow) throws(ServiceFault) -> Destination? {
    let now = MonotonicInstant.now()
    return try state.withLock { state throws(ServiceFault) in try destination(of: flow, at: now, &state) }
  }

  private func destination(
    of flow: ServedFlow, at now: MonotonicInstant, _ state: inout State
  ) throws(ServiceFault) -> Destination? {
    if let place = state.table.place(of: flow) {
      state.table.touch(place, at: now)
      return state.destinations[place]
    }
    guard let service = state.places[flow.rule].address,
      state.openings[flow.peer, default: RateLimit(perSecond: Self.openingsPerSecond, burst: Self.openingsAtOnce)]
        .admits(at: now.nanoseconds),
      let socket = try open(to: service, of: flow.rule, at: now, &state)
    else { return nil }
    guard case .opened(let place, let closed) = state.table.open(flow, of: ServedShare(of: flow), at: now) else {
      return nil
    }
    if let closed { release(closed, &state) }
    while state.destinations.count <= place { state.destinations.append(nil) }
    let destination = Destination(socket: socket, service: service)
    state.destinations[place] = destination
    state.owners[socket] = Owner(flow: flow, place: place, service: service)
    return destination
  }

  /// A socket to a service; nil once all are closed.
  private func open(
    to service: Endpoint, of rule: Int, at now: MonotonicInstant, _ state: inout State
  ) throws(ServiceFault) -> UInt64? {
    do throws(TransportError) {
      return try sockets.open(to: service)
    } catch {
      guard error.code != .closed else { return nil }
      // Without descriptors no address is any better.
      let next = error.code == .bindFailed ? nil : leave(service, of: rule, at: now, &state)
      throw ServiceFault(address: service, reason: error.message, next: next)
    }
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

  // MARK: Where services are

  /// A service's host has these addresses now, the one that is preferred first. The flows are given up if another one is used from
  /// now on (``ServicePlace``).
  ///
  /// - Returns: That one.
  @discardableResult
  func setAddresses(_ addresses: [Endpoint], of rule: Int) -> Endpoint? {
    state.withLock { state in
      guard state.places[rule].found(addresses) else { return nil }
      closeAll(of: rule, &state)
      return state.places[rule].address
    }
  }

  /// An address takes no datagrams: services there go on at the next one that their hosts have.
  ///
  /// - Returns: The services that are sent to there, and what has become of each.
  func refused(_ address: Endpoint, _ reason: String) -> [(rule: Int, fault: ServiceFault)] {
    let now = MonotonicInstant.now()
    return state.withLock { state in
      state.places.indices.filter { state.places[$0].address == address }.map { rule in
        let next = leave(address, of: rule, at: now, &state)
        return (rule, ServiceFault(address: address, reason: reason, next: next))
      }
    }
  }

  /// Whether it is known where a service is.
  func hasAddress(_ rule: Int) -> Bool { state.withLock { $0.places[rule].address != nil } }

  /// Goes on at a service's next address, if it has one.
  private func leave(_ address: Endpoint, of rule: Int, at now: MonotonicInstant, _ state: inout State) -> Endpoint? {
    guard let next = state.places[rule].refused(address, at: now) else { return nil }
    closeAll(of: rule, &state)
    return next
  }

  private func closeAll(of rule: Int, _ state: inout State) {
    for (place, destination) in state.destinations.enumerated() {
      guard destination != nil, state.table.key(at: place)?.rule == rule else { continue }
      state.table.close(place)
      release(place, &state)
    }
  }

  // MARK: Ends

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
    guard let destination = state.destinations[place].take() else { return }
    state.owners[destination.socket] = nil
    sockets.close(destination.socket)
  }
}
