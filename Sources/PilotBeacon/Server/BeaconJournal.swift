package import Logging
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// What a beacon writes to its log, and counts, of its peers' comings and goings. Refusals can be had by anyone at any
/// rate: of each kind one line a second is written at most, with the number of those left out.
package final class BeaconJournal: Sendable {
  private struct Limit {
    var nextLine = MonotonicInstant.start
    var leftOut = 0
  }

  private struct State {
    var refusals: [WSSRefusal.Reason: UInt64] = [:]
    var limits: [WSSRefusal.Reason: Limit] = [:]
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
  var refusals: [WSSRefusal.Reason: UInt64] { state.withLock { $0.refusals } }

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
    let now = MonotonicInstant.now()
    let leftOut = state.withLock { state -> Int? in
      state.refusals[refusal.reason, default: 0] += 1
      var limit = state.limits[refusal.reason] ?? Limit()
      defer { state.limits[refusal.reason] = limit }
      guard now >= limit.nextLine else {
        limit.leftOut += 1
        return nil
      }
      defer { limit = Limit(nextLine: now.advanced(by: .seconds(1))) }
      return limit.leftOut
    }
    guard let leftOut else { return }
    // A health check or port scan that hangs up is nothing to look into.
    let level: Logger.Level = refusal.reason == .disconnected ? .debug : .notice
    logger.log(
      level: level, "Peer refused",
      metadata: [
        "reason": "\(refusal.reason.rawValue)", "node": "\(refusal.node.map(String.init) ?? "unnamed")",
        "remote": "\(refusal.remote)", "left_out": "\(leftOut)",
      ])
  }
}
