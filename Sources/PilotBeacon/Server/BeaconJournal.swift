package import Logging
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// What a beacon writes to its log, and counts, of its peers' comings and goings. Refusals can be had by anyone at any
/// rate: of each kind one line a second is written at most, with the number of those left out.
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
  }

  private struct Limit {
    var nextLine = MonotonicInstant.start
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

  func attached(_ connection: WSSConnection) {
    logger.debug(
      "Node attached",
      metadata: [
        "node": "\(connection.node)", "remote": "\(connection.remote)", "connection": "\(connection.id)",
      ])
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
      switch incident.kind {
      case .moved(let cause):
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
    logger.log(
      level: level, "Peer refused",
      metadata: [
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
      guard now >= limit.nextLine else {
        limit.leftOut += 1
        return nil
      }
      defer { limit = Limit(nextLine: now.advanced(by: .seconds(1))) }
      return limit.leftOut
    }
  }
}
