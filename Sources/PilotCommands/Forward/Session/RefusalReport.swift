import PilotTransport
import PilotWire
import Synchronization

/// Tells who was refused, for whoever finds it out: the tunnels, and what is served.
final class RefusalReport: Sendable {
  private let output: ForwardOutput
  private let pace: Mutex<RefusalPace>

  /// - Parameters:
  ///   - named: Whom the rules name.
  ///   - output: Where it is told.
  init(named: Set<NodeID>, output: ForwardOutput) {
    self.output = output
    pace = Mutex(RefusalPace(named: named))
  }

  /// Somebody was refused.
  func refused(_ peer: NodeID, _ reason: PeerRefusal, at now: MonotonicInstant) {
    tell(pace.withLock { $0.refused(peer, reason, at: now) })
  }

  /// Time has passed: to be called once a second.
  func tick(at now: MonotonicInstant) { tell(pace.withLock { $0.tick(at: now) }) }

  private func tell(_ refusal: RefusalPace.Refusal?) {
    if let refusal { output.write(.refused(refusal.peer, refusal.reason)) }
  }
}
