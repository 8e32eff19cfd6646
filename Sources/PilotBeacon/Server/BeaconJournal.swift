package import Logging
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// What a beacon writes to its log, and counts, of its peers' comings and goings. Refusals can be had by anyone at any
/// rate: of each kind one line a second is written at most, with the number of those left out. Of nodes that attach, and of
/// those that replace a connection of theirs, it is twenty lines a second.
///
/// A line about who was let in, turned away, or believed to be elsewhere has `audit` among its values: `attached`, `replaced`,
/// `refused` or `moved`.
package final class BeaconJournal: Sendable {
  /// A port that connections come to.
  enum Port: Hashable, Sendable {
    case webSocket
    case status
  }

  /// What has a line a second of its own.
  private enum Kind: Hashable {
    case refusal(WSSRefusal.Reason)
    case failure(HandshakeFailure.Reason, Port)
    case attached
    case replaced
    case redirected

    /// How many lines a second there are at most.
    var linesPerSecond: Int {
      switch self {
      case .refusal, .failure, .redirected: 1
      case .attached, .replaced: 20
      }
    }
  }

  private struct Limit {
    /// When the second is over that the lines are counted in.
    var end = MonotonicInstant.start
    var lines = 0
    var leftOut = 0
  }

  private struct State {
    var counts: [Kind: UInt64] = [:]
    var limits: [Kind: Limit] = [:]
    var retired = OutboundQueue.Counts()
    var ignored: UInt64 = 0
    var toldNames = ToldNames()
  }

  private let logger: Logger
  private let state = Mutex(State())

  package init(logger: Logger) {
    self.logger = logger
  }

  /// Peers that were refused, by reason.
  var refusals: [WSSRefusal.Reason: UInt64] {
    state.withLock { state in
      var refusals: [WSSRefusal.Reason: UInt64] = [:]
      for reason in WSSRefusal.Reason.allCases { refusals[reason] = state.counts[.refusal(reason)] }
      return refusals
    }
  }

  /// Connections of a port that ended before they were served, by reason.
  func failures(at port: Port) -> [HandshakeFailure.Reason: UInt64] {
    state.withLock { state in
      var failures: [HandshakeFailure.Reason: UInt64] = [:]
      for reason in HandshakeFailure.Reason.allCases { failures[reason] = state.counts[.failure(reason, port)] }
      return failures
    }
  }

  /// What became of frames to peers whose connections have ended.
  var retired: OutboundQueue.Counts { state.withLock { $0.retired } }

  /// Frames of peers whose connections were being closed.
  var ignoredFrames: UInt64 { state.withLock { $0.ignored } }

  func ignored() {
    state.withLock { $0.ignored += 1 }
  }

  /// The last lines, for who looks at the page.
  let recent = RecentEvents()

  func attached(_ connection: WSSConnection, replacing: Bool = false) {
    guard let leftOut = count(replacing ? .replaced : .attached) else { return }
    recent.note(
      replacing ? "Connection replaced" : "Node attached", node: connection.node, detail: "\(connection.remote)")
    logger.info(
      replacing ? "Node attached, and its other connection is replaced" : "Node attached",
      metadata: [
        "audit": replacing ? "replaced" : "attached", "node": "\(connection.node)",
        "remote": "\(connection.remote)", "connection": "\(connection.id)", "left_out": "\(leftOut)",
      ])
  }

  /// Peers that were sent to another beacon as soon as they had attached.
  var redirected: UInt64 { state.withLock { $0.counts[.redirected] ?? 0 } }

  func redirected(_ connection: WSSConnection, to place: WSSURL) {
    guard let leftOut = count(.redirected) else { return }
    logger.notice(
      "Full: a node that has attached is sent to another beacon",
      metadata: ["node": "\(connection.node)", "place": "\(place)", "left_out": "\(leftOut)"])
  }

  func detached(_ connection: WSSConnection) {
    state.withLock { $0.retired += connection.counts }
    logger.debug("Node detached", metadata: ["node": "\(connection.node)", "connection": "\(connection.id)"])
  }

  /// What the router has noted in the last second: of each kind the first, so that this is bounded.
  func noted(_ incidents: [RouterIncident]) {
    for incident in incidents {
      var metadata: Logger.Metadata = ["node": "\(incident.node)", "from": "\(incident.from)"]
      if let to = incident.to { metadata["to"] = "\(to)" }
      if incident.more > 0 { metadata["left_out"] = "\(incident.more)" }
      recent.note(incident.kind.title, node: incident.node, detail: incident.path)
      switch incident.kind {
      case .moved(let cause):
        metadata["audit"] = "moved"
        metadata["cause"] = "\(cause)"
        logger.notice("Node moved", metadata: metadata)
      case .revoked:
        logger.notice("Node's proof revoked: its key has changed", metadata: metadata)
      case .probed:
        logger.notice("Node claimed from elsewhere, its endpoint is being probed", metadata: metadata)
      case .misdirected(let name):
        misdirected(to: name, metadata)
      case .claimRefused:
        logger.notice("Claim refused: the node's endpoint has given a sign of life", metadata: metadata)
      case .refused(let outcome):
        metadata["audit"] = "refused"
        metadata["reason"] = "\(outcome)"
        logger.notice("Discover refused because of the node that it names", metadata: metadata)
      case .unaskable:
        logger.warning(
          "Node claimed from elsewhere can't be asked: no public address of this beacon is known, give it with --advertise",
          metadata: metadata)
      }
    }
  }

  /// What the limits for each source have dropped in the last minute, if anything: a line with a few sources.
  package func dropped(_ drops: SourceDrops) {
    logger.notice(
      "Frames dropped: their sources have had their share",
      metadata: [
        "dropped": "\(drops.total)",
        "top_sources": .array(drops.top.map { "\($0.source): \($0.drops)" }),
      ])
  }

  /// Said once for each name: one that this beacon should know is asked for by every node that dials it, each minute.
  private func misdirected(to name: BeaconName, _ metadata: Logger.Metadata) {
    guard state.withLock({ $0.toldNames.insert(name) }) else { return }
    var metadata = metadata
    metadata["name"] = "\(name)"
    logger.notice(
      "Proof for a beacon of another name: the node has dialled somebody else, or this beacon's name is missing; then add --name",
      metadata: metadata)
  }

  func refused(_ refusal: WSSRefusal) {
    if refusal.reason == .wrongBeacon, let name = refusal.beacon {
      misdirected(to: name, ["node": "\(refusal.node.map(String.init) ?? "unnamed")", "from": "\(refusal.remote)"])
    }
    guard let leftOut = count(.refusal(refusal.reason)) else { return }
    // A health check or port scan that hangs up is nothing to look into.
    let level: Logger.Level = refusal.reason == .disconnected ? .debug : .notice
    if level == .notice {
      recent.note(
        "Peer refused: \(refusal.reason.rawValue)", node: refusal.node, detail: "\(refusal.remote)")
    }
    logger.log(
      level: level, "Peer refused",
      metadata: [
        "audit": "refused",
        "reason": "\(refusal.reason.rawValue)", "node": "\(refusal.node.map(String.init) ?? "unnamed")",
        "remote": "\(refusal.remote)", "left_out": "\(leftOut)",
      ])
  }

  /// A connection has ended before it was served.
  func failed(_ failure: HandshakeFailure, at port: Port) {
    guard let leftOut = count(.failure(failure.reason, port)) else { return }
    let isUsual = failure.reason == .hungUp || failure.reason == .tlsClosed
    var metadata: Logger.Metadata = [
      "reason": "\(failure.reason.rawValue)", "remote": "\(failure.remote)", "left_out": "\(leftOut)",
    ]
    if let detail = failure.detail { metadata["detail"] = "\(detail)" }
    logger.log(
      level: isUsual ? .debug : .notice,
      port == .webSocket ? "Connection not upgraded" : "Request for status not served", metadata: metadata)
  }

  /// Counts one of a kind.
  /// - Returns: How many have had no line since the last one; nil if this one has none, either.
  private func count(_ kind: Kind) -> Int? {
    let now = MonotonicInstant.now()
    return state.withLock { state in
      state.counts[kind, default: 0] += 1
      var limit = state.limits[kind] ?? Limit()
      defer { state.limits[kind] = limit }
      if now >= limit.end {
        limit.end = now.advanced(by: .seconds(1))
        limit.lines = 0
      }
      guard limit.lines < kind.linesPerSecond else {
        limit.leftOut += 1
        return nil
      }
      limit.lines += 1
      defer { limit.leftOut = 0 }
      return limit.leftOut
    }
  }
}

extension RouterIncident {
  /// From where to where.
  fileprivate var path: String { to.map { "\(from) → \($0)" } ?? "\(from)" }
}

extension RouterIncident.Kind {
  /// In few words.
  fileprivate var title: String {
    switch self {
    case .moved(let cause): "Node moved: \(cause)"
    case .revoked: "Proof revoked"
    case .probed: "Claimed from elsewhere"
    case .misdirected: "Proof for another beacon"
    case .claimRefused: "Claim refused"
    case .refused(let outcome): "Discover refused: \(outcome)"
    case .unaskable: "Claimed, and can't be asked"
    }
  }
}
