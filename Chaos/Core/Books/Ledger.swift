/// The books of one round: what went in at each stage of a frame's way must have come out of it.
///
/// ```text
///  node ─1─▶ kernel ─2─▶ beacon's socket ─3─▶ router ─4─▶ socket or queue ─5─▶ kernel ─6─▶ node's transport ─7─▶ node
/// ```
package struct Ledger: Sendable {
  /// One stage, for one kind of transport.
  package struct Stage: Sendable, Equatable {
    package let name: String
    /// What went in.
    package let entered: Int
    /// What came out, and what was dropped and counted.
    package let left: Int
    /// How much less may have come out than went in, where nobody can count it; usually 0.
    package let allowance: Int

    /// Frames that nobody has counted; negative for those that came from nowhere.
    package var unaccounted: Int { entered - left }
    package var isBalanced: Bool { (0...allowance).contains(unaccounted) }
  }

  /// What can't be counted, and how much of it there can have been.
  package struct Allowance: Sendable, Equatable {
    /// Datagrams that the kernel dropped before they reached any socket (`/proc/net/softnet_stat`), of all processes.
    package var backlog = 0
    /// Frames in flight on WSS connections whose closing handshake wasn't completed in time.
    package var inFlight = 0

    /// From this lateness on, in milliseconds, a closing handshake may have taken longer than its limit of a second.
    private static let considerable = 500
    /// What may be lost with such a connection, in frames.
    private static let framesPerConnection = 100

    package init() {}

    /// What a round allows.
    ///
    /// - Parameters:
    ///   - backlog: What the kernel dropped before any socket in that time.
    ///   - lateness: By how much a process was late, in milliseconds.
    ///   - nodes: The books, for the connections that were closed.
    package init(backlog: Int, lateness: Int, nodes: Books) {
      self.backlog = backlog
      if lateness >= Self.considerable { inFlight = Self.framesPerConnection * (nodes[.leaves] + nodes[.moves]) }
    }
  }

  /// All stages that can be seen: those in the nodes alone, if the beacon's counters are gone.
  package let stages: [Stage]

  /// The nodes' own stages, which hold whatever happens to the beacon.
  package init(nodes: Books) {
    stages = Self.ends(nodes)
  }

  /// The nodes' own stages and the beacon's own, if some of the nodes' counters are gone.
  ///
  /// - Parameter nodes: Those whose counters are there.
  package init(survivors nodes: Books, beacon: BeaconCounts) {
    stages = Self.ends(nodes) + Self.inside(beacon)
  }

  /// All stages.
  ///
  /// - Parameters:
  ///   - nodes: All nodes together, over a time that began and ended with nothing under way.
  ///   - beacon: The beacon, over the same time.
  package init(nodes: Books, beacon: BeaconCounts, allowance: Allowance = Allowance()) {
    stages = Self.ends(nodes) + Self.ways(nodes, beacon, allowance) + Self.inside(beacon)
  }

  package var isBalanced: Bool { stages.allSatisfy(\.isBalanced) }
  package var unbalanced: [Stage] { stages.filter { !$0.isBalanced } }
  /// Frames that nobody has counted, all stages together.
  package var unaccounted: Int { stages.reduce(0) { $0 + abs($1.unaccounted) } }

  private static func ends(_ nodes: Books) -> [Stage] {
    [
      Stage(
        name: "UDP nodes send",
        entered: nodes[.sentUDPToUDP] + nodes[.sentUDPToWSS] + nodes[.udpControlSent],
        left: nodes[.udpFramesSent] + nodes[.udpRefused], allowance: 0),
      Stage(
        name: "WSS nodes send",
        entered: nodes[.sentWSSToUDP] + nodes[.sentWSSToWSS] + nodes[.wssControlSent],
        left: nodes[.wssFramesSent] + nodes[.wssExpired] + nodes[.wssLost] + nodes[.wssUnsent], allowance: 0),
      Stage(
        name: "UDP nodes receive", entered: nodes[.udpFramesReceived],
        left: nodes[.deliveredUDPToUDP] + nodes[.deliveredWSSToUDP] + nodes[.udpControlReceived]
          + nodes[.udpUnasked], allowance: 0),
      Stage(
        name: "WSS nodes receive", entered: nodes[.wssFramesReceived],
        left: nodes[.deliveredUDPToWSS] + nodes[.deliveredWSSToWSS] + nodes[.wssControlReceived]
          + nodes[.wssUnasked], allowance: 0),
    ]
  }

  private static func ways(_ nodes: Books, _ beacon: BeaconCounts, _ allowance: Allowance) -> [Stage] {
    let udpDropped = beacon.labels("udp_dropped_total")
    let incoming = ["receive_queue_full", "truncated", "kernel_buffer_full", "malformed", "closed_before_reading"]
    let udpReceived = beacon["udp_received_total"]
    return [
      Stage(
        name: "UDP to the beacon", entered: nodes[.udpFramesSent] + nodes[.hostileUDPSent],
        left: udpReceived + incoming.reduce(0) { $0 + (udpDropped[$1] ?? 0) }, allowance: allowance.backlog),
      Stage(
        name: "WSS to the beacon", entered: nodes[.wssFramesSent] + nodes[.hostileWSSSent],
        left: beacon["frames_total"] - udpReceived + beacon["wss_ignored_total"], allowance: allowance.inFlight),
      Stage(
        name: "UDP to the nodes", entered: beacon["udp_sent_total"],
        left: nodes[.udpFramesReceived] + nodes[.udpKernelFull] + nodes[.udpTruncated] + nodes[.udpUnread]
          + nodes[.witnessedRelays] + nodes[.witnessedControl] + nodes[.witnessedKernelFull]
          + nodes[.hostileUDPReceived] + nodes[.hostileUDPKernelFull], allowance: allowance.backlog),
      Stage(
        name: "WSS to the nodes", entered: beacon["peer_frames_total", "sent"],
        left: nodes[.wssFramesReceived] + nodes[.wssQueueFull] + nodes[.wssUnread] + nodes[.hostileWSSReceived]
          + nodes[.hostileReadLate], allowance: allowance.inFlight),
    ]
  }

  private static func inside(_ beacon: BeaconCounts) -> [Stage] {
    let udpDropped = beacon.labels("udp_dropped_total")
    let relayed = beacon.labels("relayed_total")
    let toUDP = (relayed["udp_to_udp"] ?? 0) + (relayed["wss_to_udp"] ?? 0)
    let toWSS = (relayed["udp_to_wss"] ?? 0) + (relayed["wss_to_wss"] ?? 0)
    return [
      Stage(
        name: "the router", entered: beacon["frames_total"],
        left: beacon.total("relayed_total") + beacon.total("discovers_total") + beacon.total("proofs_total")
          + beacon.total("punches_total") + beacon["signs_total"] + beacon.total("dropped_total"), allowance: 0),
      Stage(
        name: "the beacon sends over UDP", entered: toUDP + beacon["udp_answers_total"],
        left: beacon["udp_sent_total"] + (udpDropped["refused_by_kernel"] ?? 0) + (udpDropped["no_room"] ?? 0),
        allowance: 0),
      Stage(
        name: "the beacon sends over WSS",
        entered: toWSS + beacon["discovers_total", "attached"] + beacon["gone_notices_total", "wss"],
        left: beacon.total("peer_frames_total"), allowance: 0),
    ]
  }
}
