import Logging
import PilotTransport
public import PilotWire
import Synchronization

/// A beacon's part in its cluster: tells the others who is attached here, and the router who is attached to the others.
///
/// Relaying here goes on whatever becomes of ``Presence``. While nothing is heard, what was heard last stays for
/// ``patience``, and is forgotten then.
final class ClusterPresence: Sendable {
  /// How often who came and went is looked up, and told: a node that comes is known to the others in a few times that.
  static let interval: Duration = .milliseconds(50)
  /// How long what others have told stays, while nothing is heard.
  static let patience: Duration = .seconds(600)
  /// How many nodes are looked up under one lock.
  private static let nodesPerTurn = 256
  /// How many buckets are searched each time for nodes of others that there was no room for.
  private static let bucketsPerTurn = 64

  private struct State {
    var directory: ClusterDirectory
    var isUpToDate = false
    /// Since when nothing is heard.
    var lostAt: MonotonicInstant?
    var losses: UInt64 = 0
    /// Whether the log says that nothing is heard.
    var isLossTold = false
    /// Whether what this beacon tells gets to the others.
    var isTold = false
    /// Whether the log says that it doesn't.
    var isSilenceTold = false
    var misunderstood: UInt64 = 0
    /// Which part of the tables is looked through next, for nodes that have fallen silent, or whose change was overlooked.
    var nextPart = 0
    var strangers = 0
  }

  let own: ClusterMember
  private let engine: RelayEngine
  private let peers: ClusterPeers
  private let presence: any Presence
  private let outbox: PresenceOutbox
  private let logger: Logger
  private let state: Mutex<State>

  /// - Parameters:
  ///   - own: This beacon.
  ///   - presence: What carries it all.
  ///   - capacity: The most nodes of other beacons.
  ///   - seed: Unknown to whoever chooses node IDs.
  init(
    _ own: ClusterMember, engine: RelayEngine, peers: ClusterPeers, presence: any Presence, capacity: Int, seed: UInt64,
    logger: Logger, startedAt now: MonotonicInstant = .now()
  ) {
    (self.own, self.engine, self.peers, self.presence, self.logger) = (own, engine, peers, presence, logger)
    outbox = PresenceOutbox(seed: seed)
    var state = State(directory: ClusterDirectory(own: own.beaconID, capacity: capacity))
    state.lostAt = now
    self.state = Mutex(state)
  }

  /// Until the task is cancelled.
  func run<Time: Clock<Duration>>(clock: Time, now: @escaping @Sendable () -> MonotonicInstant = { .now() }) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await self.presence.run(as: self.own, telling: self.outbox) { news in self.hear(news, at: now()) }
      }
      group.addTask {
        while (try? await clock.sleep(for: Self.interval)) != nil { self.look(at: now()) }
      }
    }
  }

  /// Looks who came and went, and through a part of all nodes.
  func look(at now: MonotonicInstant) {
    let changes = engine.takeAttachmentChanges()
    var nodes = changes.nodes.compactMap { NodeID($0) }
    let parts = engine.attachedParts
    if !changes.isComplete {
      for part in 0..<parts { nodes += engine.nodes(inPart: part) }
    } else if parts > 0 {
      let part = state.withLock { state in
        defer { state.nextPart = (state.nextPart + 1) % parts }
        return state.nextPart % parts
      }
      nodes += engine.nodes(inPart: part)
    }
    var rest = nodes[...]
    while !rest.isEmpty {
      let turn = rest.prefix(Self.nodesPerTurn)
      outbox.put(zip(turn, engine.attachments(of: turn, at: now)))
      rest = rest.dropFirst(Self.nodesPerTurn)
    }
    forgetWhatIsOld(at: now)
    state.withLock { state in
      state.directory.admitLeftOut(buckets: Self.bucketsPerTurn)
      apply(&state, membersChanged: false)
    }
  }

  private func forgetWhatIsOld(at now: MonotonicInstant) {
    let isOld = state.withLock { state in
      guard let lostAt = state.lostAt, now >= lostAt.advanced(by: Self.patience), !state.directory.isEmpty else {
        return false
      }
      state.directory.beginSurvey()
      _ = state.directory.endSurvey()
      apply(&state, membersChanged: true)
      return true
    }
    guard isOld else { return }
    logger.error("The other beacons haven't been heard of for 10 min: their nodes can't be reached from here any more")
  }

  /// What a batch of news is worth a line in the log.
  private struct Lines {
    var come: [ClusterMember] = []
    var gone: [UInt32] = []
    /// Why nothing is heard, or nothing is told.
    var (lost, untold): (String?, String?)
    var (isHeardAgain, isToldAgain) = (false, false)
  }

  func hear(_ news: [PresenceNews], at now: MonotonicInstant) {
    let lines = state.withLock { state in
      let (wasUp, wasTold) = (state.isUpToDate, state.isTold)
      var (lines, membersChanged) = (Lines(), false)
      for item in news {
        switch item {
        case .surveyBegins: state.directory.beginSurvey()
        case .surveyEnds:
          membersChanged = state.directory.endSurvey() || membersChanged
          (state.isUpToDate, state.lostAt) = (true, nil)
        case .member(let member):
          guard state.directory.heard(member) else { continue }
          membersChanged = true
          lines.come.append(member)
        case .nodes(let nodes, let bucket, let beaconID): state.directory.heard(nodes, bucket, of: beaconID)
        case .gone(let beaconID):
          guard state.directory.gone(beaconID) else { continue }
          membersChanged = true
          lines.gone.append(beaconID)
        case .lost(let reason):
          if state.isUpToDate || state.lostAt == nil { state.lostAt = now }
          if state.isUpToDate { state.losses &+= 1 }
          state.isUpToDate = false
          lines.lost = reason
        case .told: state.isTold = true
        case .untold(let reason):
          state.isTold = false
          lines.untold = reason
        case .notUnderstood: state.misunderstood &+= 1
        }
      }
      apply(&state, membersChanged: membersChanged)
      lines.isHeardAgain = state.isUpToDate && !wasUp
      lines.isToldAgain = state.isTold && !wasTold
      if state.isUpToDate || state.isLossTold { lines.lost = nil }
      state.isLossTold = !state.isUpToDate && (state.isLossTold || lines.lost != nil)
      if state.isTold || state.isSilenceTold { lines.untold = nil }
      state.isSilenceTold = !state.isTold && (state.isSilenceTold || lines.untold != nil)
      return lines
    }
    write(lines)
  }

  private func write(_ lines: Lines) {
    for member in lines.come {
      let metadata: Logger.Metadata = ["beacon": "\(member.beaconID)", "address": "\(member.endpoint)"]
      logger.notice("A beacon of the cluster is there", metadata: metadata)
      guard hasAnotherSecret(member) else { continue }
      logger.warning(
        "A beacon of the cluster has another secret: what either passes on, the other one drops", metadata: metadata)
    }
    for beaconID in lines.gone {
      logger.notice("A beacon of the cluster is gone", metadata: ["beacon": "\(beaconID)"])
    }
    if let reason = lines.lost {
      logger.warning(
        "Nothing is heard of the other beacons; relaying here goes on, and to where their nodes were last",
        metadata: ["reason": "\(reason)"])
    }
    if lines.isHeardAgain { logger.notice("The other beacons are heard") }
    if let reason = lines.untold {
      logger.warning(
        "The other beacons aren't told who is here; relaying here goes on, and they may take this beacon for gone",
        metadata: ["reason": "\(reason)"])
    }
    if lines.isToldAgain { logger.notice("The other beacons are told who is here") }
  }

  /// Whether what it seals can't be opened here, by what it says itself.
  private func hasAnotherSecret(_ member: ClusterMember) -> Bool {
    guard let one = own.fingerprint, let other = member.fingerprint else { return false }
    return one != other
  }

  /// Tells who asks for each frame what has changed. Under the lock, so that all of it comes in order.
  private func apply(_ state: inout State, membersChanged: Bool) {
    if membersChanged { state.strangers = peers.place(state.directory.members) }
    let changes = state.directory.takeChanges()
    if !changes.isEmpty { engine.placeRemotes(changes) }
  }

  /// How things stand.
  func counts(at now: MonotonicInstant) -> ClusterCounts {
    let (waiting, leftOut) = (outbox.waiting, outbox.leftOut)
    return state.withLock { state in
      ClusterCounts(
        beacons: state.directory.members.map { member in
          ClusterCounts.Beacon(
            beaconID: member.beaconID, endpoint: member.endpoint, nodes: state.directory.nodeCount(of: member.beaconID))
        }, isUpToDate: state.isUpToDate, isTold: state.isTold, silentSince: state.lostAt.map { $0.duration(to: now) },
        losses: state.losses,
        misunderstood: state.misunderstood, waiting: waiting, leftOut: leftOut &+ state.directory.leftOut,
        beaconsLeftOut: state.strangers &+ state.directory.beaconsLeftOut,
        beaconsWithAnotherSecret: state.directory.members.count { hasAnotherSecret($0) })
    }
  }
}

/// How a beacon stands in its cluster.
public struct ClusterCounts: Sendable, Equatable {
  /// Another beacon.
  public struct Beacon: Sendable, Equatable {
    /// Its number.
    public let beaconID: UInt32
    /// Where frames for its nodes are sent.
    public let endpoint: Endpoint
    /// How many nodes it has made known.
    public let nodes: Int
  }

  /// The others, by number.
  public let beacons: [Beacon]
  /// Whether what is known of them is what they tell.
  public let isUpToDate: Bool
  /// Whether what this beacon tells them of its own nodes gets to them.
  public let isTold: Bool
  /// How long nothing has been heard; nil while something is.
  public let silentSince: Duration?
  /// How often that began.
  public let losses: UInt64
  /// What others have told and wasn't understood.
  public let misunderstood: UInt64
  /// Pieces that have yet to be told.
  public let waiting: Int
  /// Nodes for which there was no room, here or at the others, each time.
  public let leftOut: UInt64
  /// Other beacons for which there is no room.
  public let beaconsLeftOut: Int
  /// Other beacons that have another secret, so that no frame goes to them or comes from them.
  public let beaconsWithAnotherSecret: Int
}
