package import NIOCore
package import PilotTransport
import PilotWire
import Synchronization

/// Decides which of a listener's connections may come, stay and authenticate, and knows them all, to close them.
package final class ConnectionAdmission: Sendable {
  /// Why a connection is told to go.
  enum Leave: Sendable {
    case shutDown
    case making(room: HandshakeFailure.Reason)
  }

  /// Whether a request to upgrade is granted.
  enum Room: Equatable {
    case granted
    case full
    case draining
  }

  fileprivate struct Entry {
    let channel: any Channel
    var leave: NIOLoopBound<(Leave) -> Void>
  }

  fileprivate struct State {
    var entries: [ObjectIdentifier: Entry] = [:]
    var ledger: ConnectionLedger<ObjectIdentifier>
    var dialling: SourceRateLimit
    /// Whether it is about to drain.
    var isLeaving = false
    /// Whether it drains: no upgrade is admitted any more.
    var isRefusing = false
    var isShutDown = false
  }

  private let limits: WSSLimits
  private let policy: AddressPolicy
  private let state: Mutex<State>

  /// - Parameters:
  ///   - maximumOpen: Connections in any state, at most.
  ///   - policy: Who may come, and which proxies name others.
  package init(_ limits: WSSLimits, maximumOpen: Int = .max, policy: AddressPolicy = AddressPolicy()) {
    self.limits = limits
    self.policy = policy
    let bounds = ConnectionLedger<ObjectIdentifier>.Bounds(
      authenticated: limits.maximumConnections, waiting: limits.maximumHandshakes,
      waitingPerSource: limits.handshakesPerSource, open: maximumOpen)
    state = Mutex(
      State(
        ledger: ConnectionLedger(bounds),
        dialling: SourceRateLimit(perSecond: limits.dialsPerSource, burst: limits.dialBurst, sets: 4_096)))
  }

  /// Connections in any state.
  var openConnections: Int { state.withLock { $0.entries.count } }
  /// Connections that aren't authenticated.
  var handshakes: Int { state.withLock { $0.ledger.waitingCount } }

  /// How many authenticated ones there may be.
  var limit: Int { state.withLock { $0.ledger.limit } }

  /// Whether there are as many authenticated ones as there may be.
  var isFull: Bool { state.withLock { !$0.ledger.hasRoom } }

  /// Whether a proxy at this address is believed when it names somebody else.
  func trusts(_ endpoint: Endpoint) -> Bool { policy.rules.trustedProxies.contains(endpoint) }

  /// A TCP connection has come. Whoever has to go for it is told on its own event loop.
  ///
  /// - Parameters:
  ///   - endpoint: Its other end. A trusted proxy stands for its clients: what they may do is asked when it names them.
  ///   - leave: Closes it; on its event loop.
  /// - Returns: Why it is turned away; nil if it may stay.
  func accept(
    _ channel: any Channel, from endpoint: Endpoint, at now: MonotonicInstant, leave: @escaping (Leave) -> Void
  ) -> HandshakeFailure.Reason? {
    let rules = policy.rules
    let isProxy = rules.trustedProxies.contains(endpoint)
    if !isProxy, !rules.admits(endpoint) { return .denied }
    let isExempt = isProxy || endpoint.isThisMachine
    let leave = NIOLoopBound(leave, eventLoop: channel.eventLoop)
    let verdict = state.withLock { state in
      state.accept(channel, from: SourceKey(ofConnectionsFrom: endpoint), isExempt: isExempt, at: now, leave, limits)
    }
    switch verdict {
    case .failure(let refusal): return refusal.reason
    case .success(let displaced): displaced?.go()
    }
    channel.closeFuture.whenComplete { [self] _ in
      state.withLock { state in
        state.ledger.end(ObjectIdentifier(channel))
        state.entries[ObjectIdentifier(channel)] = nil
      }
    }
    return nil
  }

  /// A trusted proxy has named whom a connection comes from.
  ///
  /// - Returns: Why that client is turned away; nil if it may stay.
  func name(_ client: Endpoint, of channel: any Channel, at now: MonotonicInstant) -> HandshakeFailure.Reason? {
    let rules = policy.rules
    if !rules.admits(client) { return .denied }
    let isExempt = rules.trustedProxies.contains(client) || client.isThisMachine
    let verdict = state.withLock { state in
      state.move(channel, to: SourceKey(ofConnectionsFrom: client), isExempt: isExempt, at: now, limits)
    }
    switch verdict {
    case .failure(let refusal): return refusal.reason
    case .success(let displaced): displaced?.go()
    }
    return nil
  }

  /// Whether an endpoint may speak, by the rules of now.
  func admits(_ endpoint: Endpoint) -> Bool { policy.rules.admits(endpoint) }

  /// A connection asks to upgrade. Its place among the authenticated ones is taken once it is.
  func room() -> Room {
    state.withLock { state in
      if state.isShutDown || state.isRefusing { return .draining }
      return state.ledger.hasRoom ? .granted : .full
    }
  }

  /// A connection has proven its key.
  ///
  /// - Returns: Whether there is room for one more.
  package func authenticate(_ channel: any Channel) -> Bool {
    state.withLock { $0.ledger.authenticate(ObjectIdentifier(channel)) }
  }

  /// Another bound for authenticated connections from now on. Those above a lower one stay.
  func bound(authenticated: Int) { state.withLock { $0.ledger.bound(authenticated: authenticated) } }

  /// It is about to refuse newcomers, which load balancers are to know before.
  func announceLeave() { state.withLock { $0.isLeaving = true } }

  /// Whether it is about to refuse newcomers, or does.
  var isLeaving: Bool { state.withLock { $0.isLeaving || $0.isRefusing || $0.isShutDown } }

  /// Admits no upgrade from now on. What has upgraded stays.
  func refuseNew() { state.withLock { $0.isRefusing = true } }

  /// How to take a connection's leave from now on. On its event loop.
  func onLeave(of channel: any Channel, _ leave: @escaping (Leave) -> Void) {
    let leave = NIOLoopBound(leave, eventLoop: channel.eventLoop)
    state.withLock { $0.entries[ObjectIdentifier(channel)]?.leave = leave }
  }

  /// Admits nobody any more, takes leave of everybody, and waits until all are gone. The connections' own limits bound the
  /// wait.
  package func closeAll() async {
    let entries = state.withLock { state in
      state.isShutDown = true
      return Array(state.entries.values)
    }
    for entry in entries { Departure(channel: entry.channel, leave: entry.leave, why: .shutDown).go() }
    for entry in entries { try? await entry.channel.closeFuture.get() }
  }
}

/// A connection that has to go.
private struct Departure {
  let channel: any Channel
  let leave: NIOLoopBound<(ConnectionAdmission.Leave) -> Void>
  let why: ConnectionAdmission.Leave

  func go() {
    channel.eventLoop.execute { [leave, why] in leave.value(why) }
  }
}

private struct Refusal: Error {
  let reason: HandshakeFailure.Reason
}

extension ConnectionAdmission.State {
  fileprivate mutating func accept(
    _ channel: any Channel, from source: SourceKey, isExempt: Bool, at now: MonotonicInstant,
    _ leave: NIOLoopBound<(ConnectionAdmission.Leave) -> Void>, _ limits: WSSLimits
  ) -> Result<Departure?, Refusal> {
    if isShutDown { return .failure(Refusal(reason: .draining)) }
    if !isExempt, !dials(source, at: now, limits) { return .failure(Refusal(reason: .dialLimited)) }
    let id = ObjectIdentifier(channel)
    // Not as an argument of the call: `self` would be copied before it changes, and with it the whole ledger.
    let arrival = ledger.arrive(id, from: source, isExempt: isExempt)
    let result = settle(arrival)
    if case .success = result { entries[id] = ConnectionAdmission.Entry(channel: channel, leave: leave) }
    return result
  }

  fileprivate mutating func move(
    _ channel: any Channel, to source: SourceKey, isExempt: Bool, at now: MonotonicInstant, _ limits: WSSLimits
  ) -> Result<Departure?, Refusal> {
    if !isExempt, !dials(source, at: now, limits) { return .failure(Refusal(reason: .dialLimited)) }
    let arrival = ledger.move(ObjectIdentifier(channel), to: source, isExempt: isExempt)
    return settle(arrival)
  }

  private mutating func dials(_ source: SourceKey, at now: MonotonicInstant, _ limits: WSSLimits) -> Bool {
    limits.dialsPerSource <= 0 || dialling.admits(source.keyedHash, at: now.nanoseconds)
  }

  private func settle(
    _ arrival: ConnectionLedger<ObjectIdentifier>.Arrival
  ) -> Result<Departure?, Refusal> {
    switch arrival {
    case .admitted: .success(nil)
    case .instead(let id): .success(departure(id, .sourceFull))
    case .displacing(let id): .success(departure(id, .displaced))
    case .refused: .failure(Refusal(reason: .noRoom))
    }
  }

  /// Stays among the entries until it is closed.
  private func departure(_ id: ObjectIdentifier, _ reason: HandshakeFailure.Reason) -> Departure? {
    entries[id].map { Departure(channel: $0.channel, leave: $0.leave, why: .making(room: reason)) }
  }
}
