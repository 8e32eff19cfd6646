import PilotTransport

/// The attempt to take a preferred path again.
struct ReturnAttempt: Sendable {
  let path: PathID
  let since: MonotonicInstant
  /// When to send the next frame to the node itself.
  var echoAt: MonotonicInstant
  /// Whether one has come back.
  var isHeard = false
}

/// Taking a preferred path again.
extension PathSelection {
  /// A deployed beacon hears no other announcement of a node for 30 s (wire reference, section 3). A second more.
  static let deafness: Duration = .seconds(31)
  /// Between two frames of the node to itself, while a path is tried.
  static let echoInterval: Duration = .milliseconds(250)

  mutating func pursue() {
    guard let current, isUsable(current), comparison == nil else {
      attempt = nil
      return
    }
    guard let attempt else { return begin(beside: current) }
    let record = records[attempt.path.index]
    if isShown(record, beside: current) { return complete(attempt) }
    guard now >= attempt.since.advanced(by: configuration.returning.limit) else { return }
    records[attempt.path.index].returning.failed(at: now)
    records[attempt.path.index].probing.restart()
    self.attempt = nil
  }

  private mutating func begin(beside current: PathID) {
    guard let path = order.prefix(while: { $0 != current }).first(where: { mayBegin($0, beside: current) }) else {
      return
    }
    attempt = ReturnAttempt(path: path, since: now, echoAt: now)
    records[path.index].fault = nil
    records[path.index].isUrgent = true
    if let attempt, isShown(records[path.index], beside: current) { complete(attempt) }
  }

  private func mayBegin(_ path: PathID, beside current: PathID) -> Bool {
    let record = records[path.index]
    if isGoing(path) { return false }
    if let ready = exclusiveEnd(of: path, beside: current), now < ready { return false }
    guard record.isDatagrams else {
      guard let since = record.upSince, record.isUsable(at: now) else { return false }
      return now >= since.advanced(by: configuration.returning.span)
        && now >= record.returning.earliest(after: lastSwitch)
    }
    if isOpening, record.fault?.isLossy != true, record.probing.hasAnswered(since: openedAt) { return true }
    let needed = configuration.returning.answers * (record.fault?.isLossy == true ? 2 : 1)
    return record.probing.hasAnswered(needed, over: configuration.returning.span)
      && now >= record.returning.earliest(after: lastSwitch)
  }

  /// From when on the beacon hears what a path announces, if it takes only one at a time and the other one is in use.
  func exclusiveEnd(of path: PathID, beside current: PathID) -> MonotonicInstant? {
    let other = records[current.index]
    guard other.path.beacon == records[path.index].path.beacon, !other.isDatagrams, !other.allowsBoth else {
      return nil
    }
    return other.announced.map { $0.advanced(by: Self.deafness) }
  }

  /// Whether frames would get through.
  private func isShown(_ record: PathRecord, beside current: PathID) -> Bool {
    guard let attempt, record.isOpen else { return false }
    if record.isUp { return true }
    let other = records[current.index]
    guard other.path.beacon == record.path.beacon, !other.isDatagrams else { return false }
    // While there is a connection, what comes back comes over that; a beacon that takes one path at a time only answers.
    return other.allowsBoth ? attempt.isHeard : record.probing.hasAnswered(since: attempt.since)
  }

  private mutating func complete(_ attempt: ReturnAttempt) {
    guard let from = current else { return }
    let path = attempt.path
    let isNearer =
      configuration.preference == .roundTrip && records[from.index].path.beacon != records[path.index].path.beacon
    let isExclusive = exclusiveEnd(of: path, beside: from) != nil
    move(to: path, isNearer ? .nearer : .recovered)
    records[path.index].returning.returned(at: now)
    guard !records[path.index].isUp else { return }
    let limit = configuration.returning.limit
    records[path.index].probation = now.advanced(by: isExclusive ? limit : configuration.overlap + limit)
    records[path.index].announceAt = (overlap?.until ?? now).advanced(by: Self.echoInterval)
  }
}

extension PathSwitch.Reason {
  /// Whether the path was left though it answered.
  var isLossy: Bool {
    switch self {
    case .lossy, .unsteady: true
    default: false
    }
  }
}
