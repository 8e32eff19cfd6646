import PilotTransport

/// The comparison of a bad path with another one.
struct PathComparison: Sendable {
  let other: PathID
  let since: MonotonicInstant
  /// When to send the next frame to the node itself over the other one.
  var echoAt: MonotonicInstant
}

/// Leaving a path that works badly for one that works better.
extension PathSelection {
  /// So many frames to itself tell how the other path is.
  private static let samples = 4
  /// So many outages within a minute are too many.
  private static let outageLimit = 3
  /// How long it may take.
  private static let limit: Duration = .seconds(10)
  /// How long after one that came to nothing there is no other.
  private static let pause: Duration = .seconds(60)

  /// Whether the active path has failed so often in a minute that it can't be relied on.
  private var isUnsteady: Bool {
    guard outages.count >= Self.outageLimit, let first = outages.suffix(Self.outageLimit).first else { return false }
    return first.duration(to: now) < .seconds(60)
  }

  /// The active path answers again, after several missing answers in a row.
  mutating func endedOutage() {
    outages.append(now)
    if outages.count > Self.outageLimit { outages.removeFirst() }
  }

  /// When a comparison ends that brings nothing.
  var comparisonEnd: MonotonicInstant? { comparison?.since.advanced(by: Self.limit) }

  mutating func compare() {
    guard let current, isUsable(current), records[current.index].isDatagrams,
      isUnsteady || records[current.index].probing.loss.isBad
    else {
      comparison = nil
      return
    }
    guard let comparison else { return begin(with: current) }
    let (loss, other) = (records[current.index].probing.loss, records[comparison.other.index])
    if isUsable(other.id) {
      // A beacon that takes one path at a time has taken the other one already.
      let isTaken = other.path.beacon == records[current.index].path.beacon && !other.allowsBoth
      let isWorse = isUnsteady ? other.probing.loss.lost == 0 : loss.isWorse(than: other.probing.loss)
      if isTaken || (other.probing.loss.count >= Self.samples && isWorse) {
        return move(to: other.id, isUnsteady ? .unsteady : .lossy(lost: loss.lost, of: loss.count))
      }
      if other.probing.loss.count >= Self.samples { return giveUp() }
    }
    if let end = comparisonEnd, now >= end { giveUp() }
  }

  private mutating func begin(with current: PathID) {
    guard now >= nextComparison, let other = alternative(to: current) else { return }
    comparison = PathComparison(other: other, since: now, echoAt: now)
    attempt = nil
    records[other.index].probing.resetLoss()
  }

  private mutating func giveUp() {
    comparison = nil
    nextComparison = now.advanced(by: Self.pause)
  }
}
