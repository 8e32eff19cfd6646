import PilotBeacon
import PilotConsole
import PilotTransport
import PilotWSS

/// A beacon's report as text: the page for a terminal.
struct BeaconScreen {
  private let report: StatusReport
  private let before: StatusReport?

  /// - Parameter before: The report that rates are reckoned from; nil shows none.
  init(_ report: StatusReport, after before: StatusReport?) {
    self.report = report
    self.before = before.flatMap { $0.startedAt == report.startedAt && $0.now < report.now ? $0 : nil }
  }

  var lines: [String] {
    var lines = [
      "pilot beacon \(report.version.onOneLine)  \(report.phase.onOneLine)  since \(WallClock.text(report.startedAt))",
      "peers: \(report.peers.udp) over UDP, \(report.peers.wss) over WebSocket, \(report.peers.handshakes) handshaking; "
        + "\(report.peers.waitingBytes) bytes wait",
    ]
    if let expiry = report.certificateExpiry {
      let days = (expiry - Int(report.now)) / 86_400
      lines.append("certificate: valid until \(WallClock.text(expiry)), \(days) days")
    }
    if let neighbours = report.neighbours {
      let heard = neighbours.beacons.count { $0.isHeard }
      lines.append(
        "other beacons: \(heard) of \(neighbours.beacons.count) heard; nodes that they list: \(neighbours.nodes)")
    }
    if let cluster = report.cluster {
      let heard = cluster.silentSeconds.map { "not heard for \($0) s" } ?? "heard"
      let state = cluster.isTold == false ? heard + ", not told who is here" : heard
      let pace = cluster.isHeldBack == true ? ", held back" : ""
      lines.append(
        "cluster: \(cluster.beacons.count) other beacons, \(state); nodes there: \(cluster.nodes), yet to be told: \(cluster.waiting)\(pace)"
      )
    }
    lines += rates("Relayed", report.relayed, before?.relayed)
    lines += rates("Dropped", report.drops, before?.drops)
    lines += rates("Refused", report.refusals, before?.refusals)
    var talkers = TextTable("Top talkers", columns: ["node", "frames/s", "bytes/s"], leading: 1)
    for talker in report.talkers {
      talkers.add(["\(talker.node)", "\(Int(talker.framesPerSecond))", "\(Int(talker.bytesPerSecond))"])
    }
    var slow = TextTable("Slow peers", columns: ["node", "from", "waiting", "dropped"], leading: 2)
    for peer in report.slow {
      slow.add(["\(peer.node)", peer.remote.onOneLine, "\(peer.waitingBytes)", "\(peer.dropped)"])
    }
    var neighbours = TextTable("Other beacons", columns: ["name", "lists"], leading: 2)
    for beacon in report.neighbours?.beacons ?? [] {
      neighbours.add([beacon.name.onOneLine, beacon.isHeard ? "heard" : "silent"])
    }
    var events = TextTable("Recent events", columns: ["time", "node", "what", "where"], leading: 4)
    for event in report.events.prefix(10) {
      events.add([
        WallClock.text(event.time), event.node.map { "\($0)" } ?? "", event.text.onOneLine, event.detail.onOneLine,
      ])
    }
    for table in [talkers, slow, neighbours, events] where !table.isEmpty { lines += [""] + table.lines }
    return lines
  }

  private func rates(_ title: String, _ now: [String: UInt64], _ old: [String: UInt64]?) -> [String] {
    var table = TextTable(title, columns: ["", "a second", "in all"])
    for (name, count) in now.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) where count > 0 {
      let rate = before.map { before in
        "\(Int(Double(count &- min(count, old?[name] ?? 0)) / (report.now - before.now)))"
      }
      table.add([name.onOneLine, rate ?? "–", "\(count)"])
    }
    return table.isEmpty ? [] : [""] + table.lines
  }
}
