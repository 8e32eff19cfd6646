import PilotTransport
import PilotWire

/// A ``BeaconLink`` over WSS.
struct ConnectionLink: Sendable {
  let beacon: Endpoint
  private(set) var state = NodeState.joining
  private let node: NodeID
  private var schedule: AnnouncementSchedule
  /// Whether there has been a connection.
  private var hasConnected = false

  init(node: NodeID, beacon: Endpoint, _ configuration: AnnouncementSchedule.Configuration) {
    self.node = node
    self.beacon = beacon
    schedule = AnnouncementSchedule(configuration)
  }

  var deadline: MonotonicInstant? { schedule.due }

  mutating func tick(at now: MonotonicInstant, _ outputs: inout OutputList) {
    if schedule.tick(at: now) == .announce { outputs.append(.announce(beacon)) }
  }

  /// Frames come only from a beacon that has let the node in. The first one can be seen before the event that says so. A
  /// later one says nothing about the present: it may have waited for its reader since before the connection was lost.
  mutating func received(
    _ frame: RawSpan, from source: Endpoint, at now: MonotonicInstant, _ outputs: inout OutputList
  ) -> BeaconLink.Reception {
    guard source == beacon else { return .direct }
    if !hasConnected { connected(at: now, &outputs) }
    return Delivery(frame, for: node) == nil ? BeaconLink.Reception(ofControl: frame) : .message
  }

  mutating func on(_ event: TransportEvent, at now: MonotonicInstant, _ outputs: inout OutputList) {
    switch event {
    case .connected, .reconnected:
      // A frame may have shown it already.
      if !state.isReady { connected(at: now, &outputs) }
    case .moved:
      // Another beacon, or one that has just begun, doesn't know the node yet.
      if state.isReady { announce(at: now, &outputs) } else { connected(at: now, &outputs) }
    case .reconnecting(let reason, let attempt, let delay):
      schedule.disconnected()
      state = .reconnecting(reason: reason, attempt: attempt, delay: delay)
      outputs.append(.state(state))
    case .resting:
      schedule.disconnected()
      state = .joining
    case .draining, .unreachable, .pathMTU, .notice, .closed: break
    }
  }

  private mutating func connected(at now: MonotonicInstant, _ outputs: inout OutputList) {
    hasConnected = true
    state = .ready(observed: nil)
    outputs.append(.state(state))
    announce(at: now, &outputs)
  }

  private mutating func announce(at now: MonotonicInstant, _ outputs: inout OutputList) {
    schedule.connected(at: now)
    tick(at: now, &outputs)
  }

  /// The transport did not take the announcement.
  mutating func refused(at now: MonotonicInstant) { schedule.refused(at: now) }
}
