import PilotFixtures

/// Which promises a run has broken.
package struct RunVerdict: Sendable {
  /// One line for each.
  package private(set) var broken: [String]

  /// The longest time without a delivery in a cell, beside what faults and lateness explain, in milliseconds.
  package static let silenceLimit = 1_000
  /// What nodes may take to come back to a beacon that has been ended, in milliseconds: it drains, closes its connections for
  /// up to 2 s, waits 1 s for a reader of its log, and they look again every 2 s at most.
  package static let returnLimit = BeaconBounds.drainWindow + 6_000
  /// How long a key may count that is taken out of the nodes file, in milliseconds: the beacon looks once a second.
  package static let revocationLimit = 2_000
  /// From this lateness on, in milliseconds, a node may not have come to answer a question in time.
  package static let busyLateness = 500
  /// Verifications that the beacon makes, a second, in all and for one source, and how many of these at once.
  package static let verifications = (inAll: 200, perSource: 2, atOnce: 10)

  /// Judges a run.
  ///
  /// - Parameters:
  ///   - summary: What came of it.
  ///   - isShort: Whether it ended before everything can have happened, so that what hasn't is no failure.
  package init(_ summary: Summary, isShort: Bool = false) {
    broken = summary.complaints
    for record in summary.rounds { judge(record) }
    if !isShort { judgeInjections(summary) }
    broken += summary.vitals.broken
  }

  private mutating func judge(_ record: RoundRecord) {
    for stage in record.ledger.unbalanced {
      broken.append(
        "\(record.name): \(stage.name): \(stage.entered) went in, \(stage.left) are accounted for, "
          + "\(stage.unaccounted) are not")
    }
    for finding in DeliveryFinding.allCases where finding != .good && record.nodes[finding] > 0 {
      // Where the beacon or nodes are away, the first Discover for an ID is believed until its node proves itself.
      if finding == .lie, !record.round.weather.keepsCounters { continue }
      // A node that moves to the next beacon has two connections for a moment, and what goes over the one can overtake the other.
      if finding == .reordered, record.round.weather == .takeover { continue }
      broken.append("\(record.name): \(record.nodes[finding]) deliveries were \(finding.rawValue)")
    }
    if record.round.weather.keepsCounters, record.nodes[.hostileStolen] > 0 {
      broken.append("\(record.name): hostile peers got \(record.nodes[.hostileStolen]) frames")
    }
    if record.round.weather != .crash, record.delivered > record.sent {
      broken.append("\(record.name): \(record.delivered) frames were delivered, and only \(record.sent) sent")
    }
    judgeBelief(record)
    judgeShares(record)
    judgeRevocations(record)
    if record.round.weather == .unread, record.observations.linesLeftOut == 0 {
      broken.append("\(record.name): nobody was told that lines of the log were left out")
    }
    let outage = record.round.weather.isOutage ? record.round.faults.reduce(0) { $0 + $1.duration } : 0
    let explained = record.lateness + outage
    let limit = explained + (record.round.weather.keepsTable ? Self.silenceLimit : Self.returnLimit)
    for (cell, silence) in record.silences.sorted(by: { $0.key < $1.key }) where silence > limit {
      broken.append("\(record.name): \(cell): nothing was delivered for \(silence) ms, and \(limit) may be")
    }
  }

  /// Nobody is believed for a forged report, and nobody can have more signatures verified than the beacon has time for.
  private mutating func judgeBelief(_ record: RoundRecord) {
    guard record.round.weather.keepsCounters else { return }
    let moved = record.beacon["moves_total", "unreachable"]
    if moved > 0 { broken.append("\(record.name): \(moved) nodes were moved by forged reports") }
    // All hostile datagrams have one address, and honest nodes sign rightly.
    let (failed, accepted) = (record.beacon["proofs_total", "failed"], record.beacon["proofs_total", "accepted"])
    let seconds = record.observations.elapsed / 1_000 + 1
    let limits = Self.verifications
    let (limit, limitInAll) = (limits.atOnce + limits.perSource * seconds, limits.inAll * (1 + seconds))
    if failed > limit {
      broken.append("\(record.name): \(failed) wrong signatures of one source were verified, and \(limit) may be")
    }
    if failed + accepted > limitInAll {
      broken.append("\(record.name): \(failed + accepted) signatures were verified, and \(limitInAll) may be")
    }
  }

  /// Nobody gets more than his share, or less; and the nodes of others stay where they are.
  private mutating func judgeShares(_ record: RoundRecord) {
    if record.nodes[.believed] > 0 {
      broken.append("\(record.name): \(record.nodes[.believed]) answers to another beacon were believed")
    }
    guard record.round.weather.keepsCounters else { return }
    let (nodes, drops) = (record.nodes, record.beacon.total("udp_dropped_total") + record.nodes[.hostileUDPKernelFull])
    if nodes[.floodOverLimit] > 0 {
      broken.append("\(record.name): \(nodes[.floodOverLimit]) frames were relayed beyond their senders' shares")
    }
    if nodes[.floodShort] > drops {
      broken.append("\(record.name): \(nodes[.floodShort]) frames within their senders' shares were not relayed")
    }
    let heldBack = record.beacon["dropped_total", "rate_limited"]
    if nodes[.floodSent] - nodes[.floodArrived] > heldBack + drops {
      broken.append(
        "\(record.name): of \(nodes[.floodSent]) frames of floods \(nodes[.floodArrived]) arrived, and only \(heldBack) "
          + "were counted as held back")
    }
    judgeClaims(record)
  }

  /// Who answers keeps its place, and who is dead doesn't.
  private mutating func judgeClaims(_ record: RoundRecord) {
    let (claimed, moved) = (record.nodes[.deadClaimed], record.nodes[.deadMoved])
    if moved != claimed { broken.append("\(record.name): \(claimed) dead nodes were claimed, and \(moved) moved") }
    guard record.lateness < Self.busyLateness else { return }
    let unanswered = record.beacon["moves_total", "unanswered"]
    if unanswered != moved {
      broken.append("\(record.name): \(unanswered) nodes were moved for want of an answer, and \(moved) were dead")
    }
    if record.nodes[.forsaken] > 0, !record.round.weather.isOutage {
      broken.append("\(record.name): \(record.nodes[.forsaken]) nodes were lost: nothing came for them any more")
    }
  }

  /// A key that is taken out ends what it has opened, on both transports, and in time.
  private mutating func judgeRevocations(_ record: RoundRecord) {
    guard record.round.weather == .revocation else { return }
    let (udp, wss) = (record.round.revocations(of: .udp), record.round.revocations(of: .wss))
    let (proofs, connections) = (record.beacon["revocations_total"], record.nodes[.keysChanged])
    if proofs < udp {
      broken.append("\(record.name): \(udp) proofs' keys were taken out, and \(proofs) were taken back")
    }
    if connections < wss {
      broken.append("\(record.name): \(wss) connections' keys were taken out, and \(connections) were closed for it")
    }
    let limit = Self.revocationLimit + record.lateness
    if record.observations.revokedAfter > limit {
      broken.append(
        "\(record.name): keys counted for \(record.observations.revokedAfter) ms after they were taken out, and "
          + "\(limit) may be")
    }
  }

  /// A run in which nothing happened proves nothing.
  private mutating func judgeInjections(_ summary: Summary) {
    let books = summary.books
    for attack in Attack.allCases where books[attack] == 0 && summary.notRun[attack] == nil {
      broken.append("no attack of the kind \(attack.rawValue) was made")
    }
    let halfOpen = [Attack.silentConnections, .stoppedTLS, .stoppedUpgrades, .unansweredChallenges]
    let count = halfOpen.reduce(0) { $0 + books[$1] }
    if count < 1_000 { broken.append("only \(count) handshakes were left half-open") }
    for fault in Summary.ProcessFault.allCases where summary.faults[fault, default: 0] == 0 {
      broken.append("never: \(fault.rawValue)")
    }
    for (account, what) in Self.events where books[account] == 0 { broken.append("nothing was \(what)") }
    for (metric, label) in Self.evidence where summary.seen(metric, label) <= 0 {
      broken.append("the beacon has not counted any \(metric) with \(label)")
    }
    let displaced = ["handshake_failures_total", "refusals_total"].reduce(0) { $0 + summary.seen($1, "displaced") }
    if displaced <= 0 { broken.append("no half-open connection has made room for a newcomer") }
    for metric in ["signs_total", "claims_refused_total", "evictions_total"] where summary.seen(metric) <= 0 {
      broken.append("the beacon has not counted any \(metric)")
    }
    guard summary.notRun[.forgedReports] == nil else { return }
    for metric in ["probes_total", "unfounded_reports_total"] where summary.seen(metric) <= 0 {
      broken.append("the beacon has not counted any \(metric)")
    }
  }

  private static let events: [(Account, String)] = [
    (.leaves, "left"), (.joins, "joined"), (.moves, "moved"), (.stalls, "stalled"), (.wssReconnects, "reconnected"),
    (.registeredAgain, "registered again"), (.witnessedRelays, "sent to a socket that had been left"),
    (.udpKernelFull, "dropped by the kernel"), (.wssQueueFull, "dropped by a full queue"),
    (.hostileReadLate, "read late"),
  ]

  /// That the attacks have reached the beacon, and what it made of them.
  private static let evidence: [(metric: String, label: String)] = [
    ("dropped_total", "sender_mismatch"), ("dropped_total", "sender_unknown"), ("dropped_total", "node_mismatch"),
    ("dropped_total", "proof_over_wss"), ("dropped_total", "proof_expired"), ("dropped_total", "truncated"),
    ("dropped_total", "unknown_type"), ("dropped_total", "beacon_only_type"), ("proofs_total", "failed"),
    ("proofs_total", "accepted"), ("proofs_total", "repeated"), ("proofs_total", "limited"),
    ("proofs_total", "forged"), ("proofs_total", "wrong_beacon"), ("refusals_total", "wrong_beacon"),
    ("dropped_total", "rate_limited"), ("moves_total", "unanswered"), ("questions_total", "claimed"),
    ("discovers_total", "refused_proven"), ("discovers_total", "refused_attached"),
    ("refusals_total", "bad_signature"), ("refusals_total", "wrong_key"), ("refusals_total", "unknown_node"),
    ("refusals_total", "unexpected_message"), ("refusals_total", "disconnected"),
    ("udp_dropped_total", "kernel_buffer_full"),
  ]
}
