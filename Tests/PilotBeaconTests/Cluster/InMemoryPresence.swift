import PilotTransport
import PilotWire
import Synchronization

@testable import PilotBeacon

/// Presence within one process: who runs on the same hub is told what the others on it tell, at once.
final class PresenceHub: Sendable {
  private struct Beacon {
    let member: ClusterMember
    let outbox: PresenceOutbox
    let hear: @Sendable ([PresenceNews]) -> Void
    var isCut = false
    var buckets: [Int: PresenceBucket] = [:]
  }

  private let beacons = Mutex<[UInt32: Beacon]>([:])

  /// A beacon's part.
  func makePresence() -> InMemoryPresence { InMemoryPresence(self) }

  fileprivate func join(
    _ member: ClusterMember, _ outbox: PresenceOutbox, _ hear: @escaping @Sendable ([PresenceNews]) -> Void
  ) {
    let others = beacons.withLock { beacons in
      defer { beacons[member.beaconID] = Beacon(member: member, outbox: outbox, hear: hear) }
      return Array(beacons.values)
    }
    hear(Self.survey(others) + [.told])
    for other in others { other.hear([.member(member)]) }
    outbox.tellAll()
  }

  fileprivate func leave(_ beaconID: UInt32) {
    let others = beacons.withLock { beacons in
      beacons[beaconID] = nil
      return Array(beacons.values)
    }
    for other in others { other.hear([.gone(beaconID)]) }
  }

  private static func survey(_ beacons: [Beacon]) -> [PresenceNews] {
    var news: [PresenceNews] = [.surveyBegins]
    for beacon in beacons where !beacon.isCut {
      news.append(.member(beacon.member))
      news += beacon.buckets.map { .nodes($1, bucket: $0, of: beacon.member.beaconID) }
    }
    return news + [.surveyEnds]
  }

  /// Has what everybody has yet to tell told.
  func settle() {
    let all = beacons.withLock { Array($0.values) }
    for beacon in all where !beacon.isCut {
      let due = beacon.outbox.take(.max)
      let beaconID = beacon.member.beaconID
      beacons.withLock { beacons in
        for (bucket, nodes) in due { beacons[beaconID]?.buckets[bucket] = nodes.isEmpty ? nil : nodes }
      }
      let news = due.map { PresenceNews.nodes($1.isEmpty ? nil : $1, bucket: $0, of: beaconID) }
      for other in all where other.member.beaconID != beaconID && !other.isCut { other.hear(news) }
    }
  }

  /// Cuts a beacon off, or ends that.
  func cut(_ beaconID: UInt32, _ isCut: Bool) {
    let all = beacons.withLock { beacons in
      beacons[beaconID]?.isCut = isCut
      return beacons
    }
    guard let beacon = all[beaconID] else { return }
    let others = all.values.filter { $0.member.beaconID != beaconID }
    beacon.hear(isCut ? [.lost("cut off"), .untold("cut off")] : Self.survey(others) + [.told])
    for other in others {
      if isCut {
        other.hear([.gone(beaconID)])
      } else {
        other.hear(Self.survey(all.values.filter { $0.member != other.member }))
      }
    }
  }
}

/// One beacon's part in a ``PresenceHub``.
struct InMemoryPresence: Presence {
  private let hub: PresenceHub

  init(_ hub: PresenceHub) { self.hub = hub }

  func run(
    as own: ClusterMember, telling outbox: PresenceOutbox, hear: @escaping @Sendable ([PresenceNews]) -> Void
  ) async {
    hub.join(own, outbox, hear)
    let (ending, _) = AsyncStream.makeStream(of: Never.self)
    for await _ in ending {}
    hub.leave(own.beaconID)
  }
}
