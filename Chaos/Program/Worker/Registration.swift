import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWire
import Synchronization

/// Keeps a node on UDP known to its beacon, by the same rules as `pilot attach`.
final class Registration: Sendable {
  private let schedule = Mutex(RegistrationSchedule(at: .now()))
  private let alarm = Alarm()
  private let announce: @Sendable () -> Void
  private let isHeld: @Sendable () -> Bool

  init(announce: @escaping @Sendable () -> Void, isHeld: @escaping @Sendable () -> Bool) {
    self.announce = announce
    self.isHeld = isHeld
  }

  var isRegistered: Bool { schedule.withLock { $0.isRegistered } }

  /// Announces the node when that is due, until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      if isHeld() {
        await alarm.wait(for: .seconds(60))
        continue
      }
      switch schedule.withLock({ $0.tick(at: .now()) }) {
      case .announce: announce()
      case .wait(let instant): await alarm.wait(for: MonotonicInstant.now().duration(to: instant))
      }
    }
  }

  /// The beacon has answered.
  ///
  /// - Returns: Whether the node was not registered before.
  func answered() -> Bool {
    let isNew = schedule.withLock { $0.answered(at: .now()) }
    alarm.ring()
    return isNew
  }

  /// Whether to answer a challenge.
  func challenged() -> Bool { schedule.withLock { $0.challenged(at: .now()) } }

  /// Nothing listens where the beacon was.
  func unreachable() {
    if schedule.withLock({ $0.unreachable(at: .now()) }) { alarm.ring() }
  }

  /// Looks again what is due.
  func look() { alarm.ring() }
}
