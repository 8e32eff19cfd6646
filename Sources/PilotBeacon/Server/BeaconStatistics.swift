public import PilotTransport
import PilotWSS
public import PilotWire

/// What a beacon has done so far, for its operator.
public struct BeaconStatistics: Sendable {
  /// What the router decided.
  public let router: RouterStatistics
  /// The UDP sockets' totals.
  public let udp: TransportCounters
  /// The other beacons, in the order of the configuration, and whether a list of each has come within 90 s.
  public let neighbours: [(name: HostPort, isHeard: Bool)]
  /// The cluster that it is in; nil if in none.
  public let cluster: ClusterCounts?
  /// What it has done with etcd; nil without.
  let etcd: EtcdCounts?
  /// What became of frames for WebSocket peers, present and past.
  public let peers: PeerTotals
  /// Bytes that wait for WebSocket peers now.
  public let waitingBytes: Int
  /// Frames that the router passed on and the kernel had no room for.
  public let refusedByKernel: UInt64
  /// Frames that the router passed on in the moment in which their peer's connection ended.
  public let connectionsGone: UInt64
  /// Of such frames, those that went to their node over UDP instead, where it had proven to be as well. They aren't among
  /// ``connectionsGone``.
  public let detours: UInt64
  /// Answers, challenges, probes and notices of the beacon's own, over UDP: with the frames relayed to UDP and the ``detours``, all that
  /// its sockets were given.
  public let udpAnswers: UInt64
  /// Frames of attached peers that came while their connection was being closed.
  public let ignoredFrames: UInt64
  /// WebSocket connections now, those that are still handshaking included.
  public let openConnections: Int
  /// Of these, the ones that aren't authenticated.
  public let handshakes: Int
  /// How many authenticated ones there may be; 0 where none are accepted.
  public let connectionLimit: Int
  /// How many nodes may be registered over UDP.
  public let nodeCapacity: Int
  /// WebSocket connections that ended before they were upgraded, by reason in snake case, zeros included.
  public let handshakeFailures: [String: UInt64]
  /// Requests to the status page that weren't served, the same way.
  public let statusFailures: [String: UInt64]
  /// Until when the certificate is valid, in seconds since 1970; nil without one.
  public let certificateExpiry: Int?
  /// Peers refused, by reason in snake case, zeros included.
  public let refusals: [String: UInt64]
  /// The peers that are furthest behind.
  let slowest: SlowestPeers
  /// Whom it has told that it is about to end, and closed on the way there.
  public let drain: DrainCounts
  /// What has come of taking over from another beacon, and of others' attempts to take over from this one.
  public let takeover: TakeoverCounts
  /// Peers over WebSocket that were sent to another beacon when they attached, since this one had its number of them.
  public let redirected: UInt64
  /// Lookups of the registry that the keys come from; nil if they come from elsewhere.
  public let registry: RegistryCounts?

  /// How this beacon's entry at the registry stands; nil if it has none.
  let registration: RegistryRegistration.Counts?

  /// What a graceful shutdown has done so far.
  public struct DrainCounts: Sendable, Equatable {
    /// Peers over WebSocket that were told when to come back.
    public let peersTold: UInt64
    /// Nodes over UDP that were.
    public let nodesTold: UInt64
    /// Connections that were closed one after the other, since their peers don't understand that.
    public let connectionsClosed: UInt64

    init(_ totals: DrainTotals) {
      (peersTold, nodesTold, connectionsClosed) = (totals.peersTold, totals.nodesTold, totals.connectionsClosed)
    }
  }

  /// What has come of takeovers, on either side.
  public struct TakeoverCounts: Sendable, Equatable {
    /// 1 if this beacon has taken over from another one.
    public let takenOver: UInt64
    /// 1 if the other one's table could not be understood, so that this one began with none.
    public let tablesRefused: UInt64
    /// Attempts of others to take over from this one that came to nothing.
    public let failedAttempts: UInt64
    /// Registrations that came from the other one; one that has changed meanwhile counts again.
    public let nodesTaken: UInt64
    /// Those for which there was no room, or that this beacon's rules don't let in.
    public let nodesLeftOut: UInt64
    /// How long nobody read the UDP sockets when another beacon took over from this one; nil if none has.
    public let gap: Duration?
    /// Frames for peers that are still connected to the other one, given to it.
    public let framesPassed: UInt64
    /// Such frames that it didn't take.
    public let framesDropped: UInt64

    init(_ totals: TakeoverTotals) {
      (takenOver, tablesRefused, failedAttempts) = (totals.taking, totals.refusedTables, totals.failedAttempts)
      (nodesTaken, nodesLeftOut) = (totals.taken, totals.leftOut)
      gap = totals.gap
      (framesPassed, framesDropped) = (totals.framesPassed, totals.framesDropped)
    }
  }

  /// Frames for WebSocket peers, by what became of them.
  public struct PeerTotals: Sendable, Equatable {
    /// Handed to the kernel.
    public let sent: UInt64
    /// Their bytes.
    public let sentBytes: UInt64
    /// Dropped because they had waited too long.
    public let expired: UInt64
    /// Dropped to make room for newer ones.
    public let overflowed: UInt64
    /// Dropped because they were longer than a message may be.
    public let tooLong: UInt64
    /// Dropped because they were longer than deployed peers survive, and theirs hadn't shown that it takes them.
    public let tooLongForPeer: UInt64
    /// Dropped because all peers' queues together were full.
    public let overTotal: UInt64
    /// Still waiting when their connection ended.
    public let lost: UInt64

    init(_ counts: OutboundQueue.Counts) {
      sent = counts.sent
      sentBytes = counts.sentBytes
      expired = counts.expired
      overflowed = counts.overflowed
      tooLong = counts.tooLong
      tooLongForPeer = counts.tooLongForPeer
      overTotal = counts.overTotal
      lost = counts.lost &+ counts.unsent
    }
  }
}

extension BeaconStatistics {
  init(
    engine: RelayEngine, udp: UDPSockets, listener: WSSListener?, tls: ServerTLS?, totals: RelayTotals,
    journal: BeaconJournal, drain: DrainTotals, takeovers: TakeoverTotals, registry: RegistryCounts?,
    registration: RegistryRegistration?, neighbours: NeighbourExchange?, cluster: BeaconCluster?
  ) {
    let connections = engine.connections
    var counts = journal.retired
    var (slowest, waiting) = (SlowestPeers(), 0)
    for connection in connections {
      let (own, bytes) = (connection.counts, connection.waitingBytes)
      counts += own
      waiting += bytes
      slowest.consider(connection, waitingBytes: bytes, own)
    }
    self.slowest = slowest
    router = engine.statistics
    self.udp = udp.counters
    self.neighbours = neighbours.map { Array(zip($0.names, $0.isHeard)) } ?? []
    self.cluster = cluster?.counts
    etcd = cluster?.etcd?.counts
    peers = PeerTotals(counts)
    waitingBytes = waiting
    refusedByKernel = totals.refusedByKernel
    connectionsGone = totals.connectionsGone
    detours = totals.detours
    udpAnswers = totals.udpAnswers
    ignoredFrames = journal.ignoredFrames
    openConnections = listener?.openConnections ?? 0
    handshakes = listener?.handshakes ?? 0
    connectionLimit = listener?.connectionLimit ?? 0
    nodeCapacity = engine.nodeCapacity
    handshakeFailures = Self.named(journal.failures(at: .webSocket))
    statusFailures = Self.named(journal.failures(at: .status))
    certificateExpiry = tls?.expiry
    self.drain = DrainCounts(drain)
    takeover = TakeoverCounts(takeovers)
    redirected = journal.redirected
    self.registry = registry
    self.registration = registration?.counts
    refusals = Self.named(journal.refusals)
  }

  /// Counts under their names, zeros included.
  private static func named<Reason: CaseIterable & RawRepresentable<String>>(
    _ counts: [Reason: UInt64]
  ) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: Reason.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
  }
}

extension BeaconServer {
  /// A snapshot, put together from the parts' own: totals of different parts may be a moment apart.
  public var statistics: BeaconStatistics {
    BeaconStatistics(
      engine: parts.engine, udp: parts.udp, listener: parts.listener, tls: parts.tls, totals: parts.totals,
      journal: parts.journal, drain: parts.drainTotals, takeovers: parts.takeovers,
      registry: (parts.keys as? RegistryDirectory)?.counts, registration: parts.registration,
      neighbours: parts.neighbours, cluster: parts.cluster)
  }
}
