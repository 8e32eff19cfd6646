package import PilotFixtures

/// The frames of all rounds with exact books, by cell and by what became of them.
package struct Totals {
  /// A cell's frames.
  package struct Row: Equatable {
    package let cell: Cell
    package var sent = 0
    package var relayed = 0
    package var delivered = 0
  }

  package private(set) var rows = Cell.allCases.map { Row(cell: $0) }
  /// Where frames were dropped, and why; those of hostile peers included, and the messages between nodes and beacon.
  package private(set) var drops: [String: Int] = [:]
  package private(set) var unaccounted = 0

  package init(_ records: [RoundRecord]) {
    for record in records where record.round.weather.keepsCounters { add(record) }
  }

  private mutating func add(_ record: RoundRecord) {
    for index in rows.indices {
      let cell = rows[index].cell
      rows[index].sent += record.nodes[.sent(cell)]
      rows[index].relayed += record.beacon["relayed_total", cell.rawValue] - Self.flood(cell, record.nodes)
      rows[index].delivered += record.nodes[.delivered(cell)]
    }
    unaccounted += record.ledger.unaccounted
    for (account, name) in Self.nodeDrops { note(name, record.nodes[account]) }
    for (reason, count) in record.beacon.labels("dropped_total") { note("beacon: router: \(reason)", count) }
    for (reason, count) in record.beacon.labels("udp_dropped_total") { note("beacon: UDP socket: \(reason)", count) }
    for (result, count) in record.beacon.labels("peer_frames_total") where result != "sent" {
      note("beacon: WSS queue: \(result)", count)
    }
    note("beacon: WSS: connection being closed", record.beacon["wss_ignored_total"])
  }

  /// What there was of floods beside the nodes' frames: all of them go to a socket.
  private static func flood(_ cell: Cell, _ nodes: Books) -> Int {
    switch cell {
    case .udpToUDP: nodes[.floodArrived] - nodes[.floodArrivedOverWSS]
    case .wssToUDP: nodes[.floodArrivedOverWSS]
    case .udpToWSS, .wssToWSS: 0
    }
  }

  private mutating func note(_ name: String, _ count: Int) {
    if count != 0 { drops[name, default: 0] += count }
  }

  private static let nodeDrops: [(Account, String)] = [
    (.udpRefused, "UDP node: refused by the kernel"), (.wssExpired, "WSS node: expired"),
    (.wssLost, "WSS node: connection lost"), (.wssUnsent, "WSS node: closed before sending"),
    (.udpKernelFull, "UDP node: kernel's buffer full"), (.udpTruncated, "UDP node: truncated"),
    (.udpUnread, "UDP node: closed before reading"), (.udpUnasked, "UDP node: lent and not asked for at the close"),
    (.wssQueueFull, "WSS node: receive queue full"), (.wssUnread, "WSS node: closed before reading"),
    (.wssUnasked, "WSS node: lent and not asked for at the close"),
    (.witnessedRelays, "UDP node gone: frames"), (.witnessedControl, "UDP node gone: other messages"),
    (.witnessedKernelFull, "UDP node gone: kernel's buffer full"),
    (.hostileUDPKernelFull, "hostile peer: kernel's buffer full"), (.hostileReadLate, "hostile peer: read late"),
  ]
}
