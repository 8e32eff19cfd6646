import PilotFixtures
import PilotNode
import PilotTransport

/// What a node's states mean to whoever drives `pilot attach`: a value, told each state and each switch in its turn.
///
/// Over UDP alone a node that is unreachable is ready all the same, once it has been said what is missing: the first verdict is
/// the last one. Where there is a connection, `ready` waits for one of the ways.
struct AttachProgress: Sendable {
  /// What to do.
  enum Action: Sendable, Equatable {
    case nothing
    /// Write `ready`, behind a line that says what stands in the way, if anything does.
    case ready(Carrier, despite: NodeState.Hindrance?)
    /// Write that the connection is being made again.
    case reconnecting(TransportError, attempt: Int, delay: Duration)
    /// Write that it is up again.
    case reconnected
    /// Write that frames go another way.
    case switched(Carrier, PathSwitch.Reason)
  }

  /// What each of the node's paths is on.
  private let carriers: [Carrier]
  /// What frames go over, as far as was told.
  private(set) var carrier: Carrier
  /// Whether `ready` was said.
  private(set) var isReady = false
  private var isReconnecting = false

  /// - Parameter carriers: What each of the node's paths is on, by their numbers; at least one.
  init(carriers: [Carrier]) {
    self.carriers = carriers
    carrier = carriers[0]
  }

  private var isOverUDPAlone: Bool { !carriers.contains(.wss) }

  /// The node goes another way.
  mutating func told(_ change: PathSwitch) -> Action {
    carrier = carriers[change.to.index]
    return isReady && change.from != nil ? .switched(carrier, change.reason) : .nothing
  }

  /// The node has told its state.
  mutating func told(_ state: NodeState) -> Action {
    switch state {
    case .ready where !isReady:
      (isReady, isReconnecting) = (true, false)
      return .ready(carrier, despite: nil)
    case .ready where isReconnecting:
      isReconnecting = false
      return .reconnected
    case .unreachable(let hindrance) where !isReady && isOverUDPAlone:
      isReady = true
      return .ready(carrier, despite: hindrance)
    case .reconnecting(let reason, let attempt, let delay):
      isReconnecting = true
      return .reconnecting(reason, attempt: attempt, delay: delay)
    case .ready, .unreachable, .joining, .closed:
      return .nothing
    @unknown default:
      return .nothing
    }
  }
}
