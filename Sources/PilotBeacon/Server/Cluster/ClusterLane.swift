import PilotTransport
import PilotWire

/// One thread's part in passing Relays on between beacons: seals what leaves, and verifies what comes. Confined to that thread.
///
/// Each lane counts by itself, so that frames of one thread don't overtake those of another in the receiver's eyes.
package final class ClusterLane {
  /// What became of a datagram that claims to be passed on.
  enum Verdict: Equatable {
    /// It claims nothing of that kind.
    case other
    /// It comes from this beacon.
    case passed(by: UInt32)
    case refused(RouterDropReason)
  }

  /// The largest counter of a lane (wire reference, section 2).
  static let lastCounter: UInt64 = 1 << 48 - 1
  /// Datagrams looked at a second from each source that no beacon is said to be at, and as many at once.
  static let strangersPerSecond = 1_000

  private let number: UInt16
  private let peers: ClusterPeers
  private var table: ClusterPeers.Table
  /// The counter of the last frame to each of the others.
  private var counters: [UInt32: UInt64] = [:]
  /// The largest counter of all: who is new, or comes back, goes on from there, so that none comes twice under one key.
  private var largest: UInt64 = 0
  private var strangers = SourceRateLimit(perSecond: strangersPerSecond, burst: strangersPerSecond, sets: 1_024)
  /// What became of the datagrams looked at last; empty if none of them claims to be passed on.
  private(set) var verdicts: [Verdict] = []

  init(_ number: UInt16, of peers: ClusterPeers) {
    (self.number, self.peers) = (number, peers)
    table = peers.table
  }

  /// Looks at the next few datagrams: before the router's lock is taken, since a tag takes longer than a decision.
  @unsafe
  func look(
    at datagrams: LentFrames, from cursor: RunCursor, limit: Int, admitting rules: AddressRules?,
    at now: MonotonicInstant
  ) {
    verdicts.removeAll(keepingCapacity: true)
    var (cursor, isNeeded) = (cursor, false)
    unsafe datagrams.forEachFrame(from: &cursor, limit: limit) { frame, source, _ in
      guard !frame.isEmpty, frame.byte(at: 0) == BeaconMessageType.clusterRelay.rawValue, rules?.admits(source) ?? true
      else { return verdicts.append(.other) }
      isNeeded = true
      verdicts.append(verdict(on: frame, from: source, at: now))
    }
    if !isNeeded { verdicts.removeAll(keepingCapacity: true) }
  }

  /// What there is to say of a datagram that claims to be passed on. Whoever doesn't know the session costs a look into a table, and
  /// whoever does, one tag; the source of either gets its share first, unless the beacon itself is said to be there.
  func verdict(on frame: RawSpan, from source: Endpoint, at now: MonotonicInstant) -> Verdict {
    let message: ClusterRelay
    do throws(WireError) {
      message = try ClusterRelay(parsing: frame)
    } catch {
      return .refused(.truncated)
    }
    refresh()
    guard let other = table.destinations[message.beaconID], other.peer.incomingSession == message.session else {
      return .refused(.notABeacon)
    }
    if other.endpoint != source, !strangers.admits(SourceKey(source).keyedHash, at: now.nanoseconds) {
      return .refused(.rateLimited)
    }
    guard other.peer.admits(message.counter) else { return .refused(.replayedRelay) }
    guard other.peer.incoming.verifies(message) else { return .refused(.forgedRelay) }
    return other.peer.record(message.counter) ? .passed(by: message.beaconID) : .refused(.replayedRelay)
  }

  /// Writes a Relay, as it came, into a datagram for another beacon.
  ///
  /// - Parameter append: Takes the datagram's length, where it goes, and what writes it.
  /// - Returns: Whether the beacon is known.
  func seal(
    _ relay: RawSpan, to beaconID: UInt32, append: (Int, Endpoint, (inout OutputRawSpan) -> Void) -> Void
  ) -> Bool {
    refresh()
    guard let other = table.destinations[beaconID] else { return false }
    let place = (counters[beaconID] ?? largest) + 1
    guard place <= Self.lastCounter else { return false }
    counters[beaconID] = place
    largest = max(largest, place)
    let counter = UInt64(number) << 48 | place
    guard let tag = other.peer.outgoing.tag(of: relay, counter: counter) else { return false }
    append(ClusterRelay.headerLength + relay.byteCount, other.endpoint) { output in
      ClusterRelay(
        beaconID: peers.own.beaconID, session: other.peer.outgoingSession, counter: counter, tag: tag, relay: relay
      ).append(to: &output)
    }
    return true
  }

  private func refresh() {
    guard table.version != peers.version else { return }
    table = peers.table
    counters = counters.filter { table.destinations[$0.key] != nil }
  }
}
