import PilotTransport
import PilotWSS
import PilotWire

extension StatusReport {
  init(
    _ statistics: BeaconStatistics, startedAt: Int, phase: String, talkers: [Sender], events: [Event]
  ) {
    self.init(
      version: PackageVersion.text, startedAt: startedAt, now: Double(WallClock.nanoseconds()) / 1e9, phase: phase,
      certificateExpiry: statistics.certificateExpiry,
      peers: Peers(
        udp: statistics.router.nodes, wss: statistics.router.wssPeers, handshakes: statistics.handshakes,
        waitingBytes: statistics.waitingBytes),
      neighbours: Self.neighbours(of: statistics),
      cluster: Self.cluster(of: statistics),
      relayed: Dictionary(
        uniqueKeysWithValues: RelayCell.allCases.map { ($0.description, statistics.router.relayed[$0]) }),
      drops: Self.drops(of: statistics),
      refusals: statistics.refusals.merging(statistics.handshakeFailures) { $0 + $1 }.filter { $0.value > 0 },
      slow: statistics.slowest.peers.map {
        SlowPeer(
          node: $0.connection.node.rawValue, remote: "\($0.connection.remote)", waitingBytes: $0.waitingBytes,
          dropped: $0.dropped)
      },
      talkers: talkers, events: events)
  }

  private static func neighbours(of statistics: BeaconStatistics) -> Neighbours? {
    guard !statistics.neighbours.isEmpty else { return nil }
    return Neighbours(
      nodes: statistics.router.neighbourNodes,
      beacons: statistics.neighbours.map { Neighbour(name: "\($0.name)", isHeard: $0.isHeard) })
  }

  private static func cluster(of statistics: BeaconStatistics) -> Cluster? {
    guard let cluster = statistics.cluster else { return nil }
    return Cluster(
      isUpToDate: cluster.isUpToDate, silentSeconds: cluster.silentSince.map { Int($0.components.seconds) },
      isTold: cluster.isTold, nodes: statistics.router.clusterNodes, waiting: cluster.waiting,
      isHeldBack: statistics.etcd?.isHeldBack,
      beacons: cluster.beacons.map { Cluster.Beacon(number: $0.beaconID, address: "\($0.endpoint)", nodes: $0.nodes) })
  }

  private static func drops(of statistics: BeaconStatistics) -> [String: UInt64] {
    var drops = StatusPoint(statistics.router).drops
    let peers = statistics.peers
    for (name, count) in [
      ("peer_expired", peers.expired), ("peer_overflowed", peers.overflowed), ("peer_over_total", peers.overTotal),
      ("peer_too_long", peers.tooLong &+ peers.tooLongForPeer), ("peer_lost", peers.lost),
      ("no_room", statistics.refusedByKernel), ("peer_gone", statistics.connectionsGone),
    ] where count > 0 {
      drops[name] = count
    }
    return drops
  }
}

extension StatusPoint {
  /// The moment.
  init(_ router: RouterStatistics) {
    let drops = RouterDropReason.allCases.map { ($0.description, router.drops[$0]) }
    self.init(
      time: Double(WallClock.nanoseconds()) / 1e9, relayed: RelayCell.allCases.map { router.relayed[$0] },
      drops: Dictionary(uniqueKeysWithValues: drops.filter { $0.1 > 0 }))
  }
}
