import Synchronization

/// What has come from senders of floods.
final class Inflow: Sendable {
  /// What has come from one.
  struct Flow: Sendable {
    var count = 0
    /// When the last one came.
    var last = ContinuousClock.now
  }

  private let flows: Mutex<[UInt32: Flow]>

  init(from senders: [UInt32]) {
    flows = Mutex(Dictionary(uniqueKeysWithValues: senders.map { ($0, Flow()) }))
  }

  /// Something has come.
  ///
  /// - Returns: Whether it is of a flood.
  func note(_ sender: UInt32) -> Bool {
    let now = ContinuousClock.now
    return flows.withLock { flows in
      guard flows[sender] != nil else { return false }
      flows[sender]?.count += 1
      flows[sender]?.last = now
      return true
    }
  }

  func flow(from sender: UInt32) -> Flow { flows.withLock { $0[sender] } ?? Flow() }
}
