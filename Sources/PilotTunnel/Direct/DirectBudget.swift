package import PilotTransport
package import PilotWire

/// What all direct paths of a node may spend together.
///
/// It is what keeps the node from being turned on others: whoever names addresses, a peer or the beacon, moves it to no more
/// than 64 short frames a second in all, and 6 a second for each peer.
package struct DirectBudget: Sendable {
  private struct Request: Sendable {
    let peer: NodeID
    var at: MonotonicInstant
  }

  /// Probes a second to addresses that haven't answered, of 91 bytes each.
  package static let probesPerSecond = 64
  /// How long the beacon's commands are taken for answers to a request.
  static let patience: Duration = .seconds(3)
  /// How many peers a command can be for. With one request a second, that is more than the patience allows.
  static let limit = 8
  /// How many peers wait to be asked for. Others try again when there is room.
  static let queue = 64

  private var probes = RateLimit(perSecond: probesPerSecond, burst: probesPerSecond)
  /// Deployed beacons serve one a second for each source, and ten in all.
  private var requests = RateLimit(perSecond: 1, burst: 1)
  private var asked: [Request] = []
  /// Who wants to ask, in the order in which they came, and when they said so last.
  private var waiting: [Request] = []

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

  /// Whether the beacon may be asked now. If so, it is. If not, the peer keeps a place in the queue for half a minute, and is
  /// waited for as long as it tries again within half a second: those who want to ask time and again let the others go first.
  mutating func admitsRequest(for peer: NodeID, at now: MonotonicInstant) -> Bool {
    waiting.removeAll { $0.at.duration(to: now) > .seconds(30) }
    let place = waiting.firstIndex { $0.peer == peer } ?? waiting.endIndex
    let isBehind = waiting[..<place].contains { $0.at.duration(to: now) <= .milliseconds(500) }
    guard !isBehind, requests.admits(at: now.nanoseconds) else {
      if place < waiting.endIndex {
        waiting[place].at = now
      } else if waiting.count < Self.queue {
        waiting.append(Request(peer: peer, at: now))
      }
      return false
    }
    if place < waiting.endIndex { waiting.remove(at: place) }
    asked.removeAll { $0.peer == peer || $0.at.duration(to: now) > Self.patience }
    if asked.count == Self.limit { asked.removeFirst() }
    asked.append(Request(peer: peer, at: now))
    return true
  }
}
