import ChaosCore
import Synchronization

/// Where a run leaves its result.
final class SummaryBox: Sendable {
  private let summary = Mutex<Summary?>(nil)

  var value: Summary? { summary.withLock { $0 } }

  func set(_ summary: Summary) { self.summary.withLock { $0 = summary } }
}
