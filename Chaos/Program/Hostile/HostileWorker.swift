import ChaosCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A process's hostile peers.
final class HostileWorker: Sendable {
  private let plan: Plan
  private let beacon = Mutex<Int32?>(nil)

  init(plan: Plan, run: UInt64) {
    self.plan = plan
  }

  /// Carries an order out.
  func perform(_ order: Order) async throws -> Answer {
    if case .guardBeacon(let process) = order { beacon.withLock { $0 = process } }
    return Answer()
  }

  /// The coordinator is gone without having ended the beacon, or it has ended it and there is nothing to do.
  func endBeacon() {
    if let process = beacon.withLock({ $0 }) { _ = kill(process, SIGKILL) }
  }
}
