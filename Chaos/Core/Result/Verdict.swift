/// Which promises a run has broken.
package struct Verdict: Sendable {
  /// One line for each.
  package private(set) var broken: [String]

  /// The longest time without a delivery in a cell, beside what faults and lateness explain, in milliseconds.
  package static let silenceLimit = 1_000
  /// What nodes may take to come back to a beacon that has been ended, in milliseconds: it closes its connections for up to
  /// 2 s, and they look again every 2 s at most.
  package static let returnLimit = 6_000

  package init(_ summary: Summary) {
    broken = summary.complaints
    for record in summary.rounds { judge(record) }
    judgeInjections(summary)
    broken += summary.vitals.broken
  }

  private mutating func judge(_ record: RoundRecord) {
    for stage in record.ledger.unbalanced {
      broken.append(
        "\(record.name): \(stage.name): \(stage.entered) went in, \(stage.left) are accounted for, "
          + "\(stage.unaccounted) are not")
    }
    for finding in Finding.allCases where finding != .good && record.nodes[finding] > 0 {
      // Where the beacon or nodes are away, the first Discover for an ID is believed until its node proves itself.
      if finding == .lie, !record.round.weather.keepsCounters { continue }
      broken.append("\(record.name): \(record.nodes[finding]) deliveries were \(finding.rawValue)")
    }
    if record.round.weather.keepsCounters, record.nodes[.hostileStolen] > 0 {
      broken.append("\(record.name): hostile peers got \(record.nodes[.hostileStolen]) frames")
    }
    if record.round.weather != .crash, record.delivered > record.sent {
      broken.append("\(record.name): \(record.delivered) frames were delivered, and only \(record.sent) sent")
    }
    let explained = record.lateness + record.round.faults.reduce(0) { $0 + $1.duration }
    let limit = explained + (record.round.weather.keepsBeacon ? Self.silenceLimit : Self.returnLimit)
    for (cell, silence) in record.silences.sorted(by: { $0.key < $1.key }) where silence > limit {
      broken.append("\(record.name): \(cell): nothing was delivered for \(silence) ms, and \(limit) may be")
    }
  }

  /// A run in which nothing happened proves nothing.
  private mutating func judgeInjections(_ summary: Summary) {
    let books = summary.books
    for attack in Attack.allCases where books[attack] == 0 {
      broken.append("no attack of the kind \(attack.rawValue) was made")
    }
    let halfOpen = [Attack.silentConnections, .stoppedTLS, .stoppedUpgrades, .unansweredChallenges]
    let count = halfOpen.reduce(0) { $0 + books[$1] }
    if count < 1_000 { broken.append("only \(count) handshakes were left half-open") }
    for fault in Summary.ProcessFault.allCases where summary.faults[fault, default: 0] == 0 {
      broken.append("never: \(fault.rawValue)")
    }
    for (account, what) in Self.events where books[account] == 0 { broken.append("nothing was \(what)") }
    for (metric, label) in Self.evidence {
      let seen = summary.rounds.reduce(0) { $0 + $1.beacon[metric, label] }
      if seen <= 0 { broken.append("the beacon has not counted any \(metric) with \(label)") }
    }
    if summary.rounds.reduce(0, { $0 + $1.beacon["turned_away_total"] }) <= 0 {
      broken.append("the beacon has turned no connection away")
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
    ("dropped_total", "proof_over_compat"), ("dropped_total", "proof_expired"), ("dropped_total", "truncated"),
    ("dropped_total", "unknown_type"), ("dropped_total", "beacon_only_type"), ("proofs_total", "failed"),
    ("discovers_total", "refused_proven"), ("discovers_total", "refused_attached"),
    ("refusals_total", "bad_signature"), ("refusals_total", "wrong_key"), ("refusals_total", "unknown_node"),
    ("refusals_total", "unexpected_message"), ("refusals_total", "disconnected"),
    ("udp_dropped_total", "kernel_buffer_full"),
  ]
}
