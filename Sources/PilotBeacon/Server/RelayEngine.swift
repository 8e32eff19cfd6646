package import PilotTransport
import PilotWSS
package import PilotWire
import Synchronization

/// The router and the connections it knows by number, shared by every thread that receives frames.
///
/// The lock covers decisions, about a microsecond; frames are sent outside of it.
package final class RelayEngine: Sendable {
  fileprivate struct State: ~Copyable {
    var router: Router
    var connections: [UInt64: CompatConnection] = [:]
    /// What the router's anticipation gave, which means nothing.
    var anticipated: UInt64 = 0
  }

  /// What to do with a frame, with the connection at hand.
  enum Decision {
    case sendUDP(Endpoint, DeliverHeader)
    case sendCompat(CompatConnection, DeliverHeader)
    /// Answer over UDP, as told.
    case answerUDP(DiscoverAnswer, Endpoint)
    /// Answer with the connection's own remote address.
    case answerCompat(CompatConnection)
    case verifyProof(from: Endpoint)
    case nothing
  }

  /// How many decisions are made under one lock: enough for its price to vanish, few enough for others not to wait.
  static let decisionsPerTurn = 16

  private let state: Mutex<State>

  package init(_ configuration: Router.Configuration, seed: UInt64) {
    state = Mutex(State(router: Router(configuration, seed: seed)))
  }

  package var statistics: RouterStatistics { state.withLock { $0.router.statistics } }

  /// Decides about one frame.
  func decide(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> Decision {
    state.withLock { $0.decide(frame, from: origin, at: now) }
  }

  /// Decides about the next few datagrams, and moves the cursor behind them.
  @unsafe
  func decide(
    _ datagrams: LentFrames, from cursor: inout RunCursor, into decisions: inout [Decision], at now: MonotonicInstant
  ) {
    var ahead = cursor
    state.withLock { state in
      unsafe datagrams.forEachFrame(from: &ahead, limit: Self.decisionsPerTurn) { frame, _ in
        state.anticipated ^= state.router.anticipate(frame)
      }
      unsafe datagrams.forEachFrame(from: &cursor, limit: Self.decisionsPerTurn) { frame, source in
        decisions.append(state.decide(frame, from: .udp(source), at: now))
      }
    }
  }

  /// A proof was checked.
  /// - Returns: The endpoint to answer.
  func checked(_ proof: DiscoverProof, holds: Bool, from source: Endpoint, at now: MonotonicInstant) -> DiscoverAnswer?
  {
    state.withLock { state in
      if holds { return state.router.proven(proof, from: source, at: now) }
      state.router.proofFailed()
      return nil
    }
  }

  /// A peer has authenticated.
  /// - Returns: The connection that it replaces.
  func attach(_ connection: CompatConnection) -> CompatConnection? {
    state.withLock { state in
      state.connections[connection.id] = connection
      let replaced = state.router.attach(node: connection.node, connection: ConnectionID(rawValue: connection.id))
      return replaced.flatMap { state.connections.removeValue(forKey: $0.rawValue) }
    }
  }

  func detach(_ connection: CompatConnection) {
    state.withLock { state in
      state.connections[connection.id] = nil
      state.router.detach(node: connection.node, connection: ConnectionID(rawValue: connection.id))
    }
  }

  /// ICMP has reported an endpoint. The answers that are due now, at most 256.
  package func unreachable(_ endpoint: Endpoint, at now: MonotonicInstant) -> [DiscoverAnswer] {
    state.withLock { state in
      var answers: [DiscoverAnswer] = []
      while answers.count < 256, let answer = state.router.unreachable(endpoint, at: now) { answers.append(answer) }
      return answers
    }
  }

  /// The connections at the moment, in no particular order.
  var connections: [CompatConnection] { state.withLock { Array($0.connections.values) } }

  /// Removes what has run out, looking at `limit` slots at most.
  package func expire(at now: MonotonicInstant, limit: Int) {
    state.withLock { _ = $0.router.expire(at: now, limit: limit) }
  }
}

extension RelayEngine.State {
  fileprivate mutating func decide(
    _ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant
  ) -> RelayEngine.Decision {
    switch router.on(frame, from: origin, at: now) {
    case .deliverUDP(let endpoint, let header):
      return .sendUDP(endpoint, header)
    case .deliverCompat(let id, let header):
      return connections[id.rawValue].map { .sendCompat($0, header) } ?? .nothing
    case .answer(let answer):
      switch answer.origin {
      case .udp(let endpoint): return .answerUDP(answer, endpoint)
      case .compat(let id, _): return connections[id.rawValue].map { .answerCompat($0) } ?? .nothing
      }
    case .verifyProof(let source):
      return .verifyProof(from: source)
    case .drop:
      return .nothing
    }
  }
}
