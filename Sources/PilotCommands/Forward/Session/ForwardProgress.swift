import PilotNode
import PilotTransport
import PilotTunnel
import PilotWire

/// What the tunnels' events mean to whoever runs `pilot forward`: a value, told each in its turn.
struct ForwardProgress: Sendable {
  /// What to do.
  enum Action: Equatable, Sendable {
    case nothing
    case tell(ForwardEvent)
    /// Somebody was refused, which is told if nobody else was lately.
    case refused(NodeID, PeerRefusal)
    /// A beacon has been reached for the first time: the forwards are ready.
    case ready
  }

  private let words: @Sendable (NodeState.Hindrance) -> String
  private var isReady = false
  /// Why the beacon can't be reached, as it was told last.
  private var hindrance: String?
  private var absences = AbsenceWatch()

  /// - Parameter words: How a hindrance is told.
  init(words: @escaping @Sendable (NodeState.Hindrance) -> String = { "\($0)" }) { self.words = words }

  /// Something has happened.
  mutating func told(_ event: TunnelEvent, at now: MonotonicInstant) -> Action {
    switch event {
    case .node(let state): return told(state)
    case .route(let peer, let route):
      if route != .none { absences.heard(peer) }
      return PeerPath(route).map { .tell(.path(peer, $0)) } ?? .nothing
    case .refused(let peer, let reason): return .refused(peer, PeerRefusal(reason))
    case .gone(let peer): return absences.gone(peer, at: now) ? .tell(.gone(peer)) : .nothing
    case .echo(let echo):
      absences.heard(echo.peer)
      return .nothing
    @unknown default: return .nothing
    }
  }

  private mutating func told(_ state: NodeState) -> Action {
    switch state {
    case .ready where !isReady:
      (isReady, hindrance) = (true, nil)
      return .ready
    case .ready where hindrance != nil:
      hindrance = nil
      return .tell(.reached)
    case .unreachable(let reason): return wait(words(reason))
    case .reconnecting(let reason, _, _): return wait(reason.message)
    case .ready, .joining, .closed: return .nothing
    @unknown default: return .nothing
    }
  }

  private mutating func wait(_ reason: String) -> Action {
    guard hindrance != reason else { return .nothing }
    hindrance = reason
    return .tell(.waiting(reason: reason))
  }
}

extension PeerPath {
  init?(_ route: PeerRoute) { self.init(rawValue: route.description) }
}

extension PeerRefusal {
  init(_ reason: TunnelRefusal) {
    self =
      switch reason {
      case .notAllowed: .notAllowed
      case .wrongKey: .wrongKey
      // A file always answers.
      case .unknown, .unavailable: .unknown
      @unknown default: .unknown
      }
  }
}
