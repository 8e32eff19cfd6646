package import PilotTransport
package import PilotWire

/// What all direct paths of a node may spend together.
///
/// It is what keeps the node from being turned on others: whoever names addresses, a peer or the beacon, moves it to no more
/// than 64 short frames a second in all, and 6 a second for each peer.
package struct DirectBudget: Sendable {
  private struct Request: Sendable {
    let peer: NodeID
    let at: MonotonicInstant
  }

  /// Probes a second to addresses that haven't answered, of 91 bytes each.
  package static let probesPerSecond = 64
  /// How long the beacon's commands are taken for answers to a request.
  static let patience: Duration = .seconds(3)
  /// How many peers a command can be for. With one request a second, that is more than the patience allows.
  static let limit = 8

  private var probes = RateLimit(perSecond: probesPerSecond, burst: probesPerSecond)
  /// Deployed beacons serve one a second for each source, and ten in all.
  private var requests = RateLimit(perSecond: 1, burst: 1)
  private var asked: [Request] = []

  /// All of it is there.
  package init() {}

  /// For which peers the beacon has been asked of late, at most 8: a command of the beacon's names an address, and no peer.
  ///
  /// - Parameter now: The time.
  package func askedLately(at now: MonotonicInstant) -> [NodeID] {
    asked.filter { $0.at.duration(to: now) <= Self.patience }.map(\.peer)
  }

  /// Whether another address may be probed that hasn't answered.
  mutating func admitsProbe(at now: MonotonicInstant) -> Bool { probes.admits(at: now.nanoseconds) }

  /// Whether the beacon may be asked now. If so, it is.
  mutating func admitsRequest(for peer: NodeID, at now: MonotonicInstant) -> Bool {
    guard requests.admits(at: now.nanoseconds) else { return false }
    asked.removeAll { $0.peer == peer || $0.at.duration(to: now) > Self.patience }
    if asked.count == Self.limit { asked.removeFirst() }
    asked.append(Request(peer: peer, at: now))
    return true
  }
}
