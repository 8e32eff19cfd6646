import ChaosCore

extension Coordinator {
  /// Nobody reads the log: waits until the beacon has no room for another line, and tells whether it has none.
  func isLogFull() async throws -> Bool {
    let end = ContinuousClock.now.advanced(by: Self.patience)
    while !beacon.log.isFull, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
    return beacon.log.isFull
  }

  /// The log is read again: waits until the beacon says that it has left lines out.
  mutating func awaitNotice(after before: Int) async throws {
    let end = ContinuousClock.now.advanced(by: Self.patience)
    while beacon.log.leftOut == before, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(20))
    }
    observations.linesLeftOut = beacon.log.leftOut - before
  }
}
