import PilotFixtures
import PilotNode
import PilotTransport

/// What a node's states mean to whoever drives `pilot attach`: a value, told each state in its turn.
///
/// A node that is unreachable is ready all the same, once it has been said what is missing: unless there is another way to
/// the beacon, which is taken then. Over UDP the first verdict is the last one.
struct AttachProgress: Sendable {
  /// What to do.
  enum Action: Sendable, Equatable {
    case nothing
    /// Write `ready`, behind a line that says what stands in the way, if anything does.
    case ready(despite: NodeState.Hindrance?)
    /// Write that the connection is being made again.
    case reconnecting(TransportError, attempt: Int, delay: Duration)
    /// Write that it is up again.
    case reconnected
    /// Leave, and go another way.
    case giveUp(NodeState.Hindrance)
  }

  /// What the node is on.
  let carrier: Carrier
  /// Whether there is another way to the beacon.
  let hasAlternative: Bool
  /// Whether `ready` was said.
  private(set) var isReady = false

  init(carrier: Carrier, hasAlternative: Bool) {
    self.carrier = carrier
    self.hasAlternative = hasAlternative
  }

  /// The node has told its state.
  mutating func told(_ state: NodeState) -> Action {
    switch state {
    case .ready where !isReady:
      isReady = true
      return .ready(despite: nil)
    case .ready:
      return carrier == .wss ? .reconnected : .nothing
    case .unreachable(let hindrance) where !isReady:
      if hasAlternative { return .giveUp(hindrance) }
      isReady = true
      return .ready(despite: hindrance)
    case .reconnecting(let reason, let attempt, let delay):
      return .reconnecting(reason, attempt: attempt, delay: delay)
    case .unreachable, .joining, .closed:
      return .nothing
    @unknown default:
      return .nothing
    }
  }
}
