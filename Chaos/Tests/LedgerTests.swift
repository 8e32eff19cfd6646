import ChaosCore
import Testing

@Suite struct LedgerTests {
  /// Books in which some of everything has happened, and that balance.
  static func balanced() -> (Books, BeaconCounts) {
    var nodes = Books()
    nodes[.sentUDPToUDP] = 100
    nodes[.sentUDPToWSS] = 50
    nodes[.udpControlSent] = 10
    nodes[.udpFramesSent] = 158
    nodes[.udpRefused] = 2
    nodes[.sentWSSToUDP] = 70
    nodes[.sentWSSToWSS] = 30
    nodes[.wssControlSent] = 5
    nodes[.wssFramesSent] = 98
    nodes[.wssExpired] = 4
    nodes[.wssLost] = 2
    nodes[.wssUnsent] = 1
    nodes[.hostileUDPSent] = 20
    nodes[.hostileWSSSent] = 8
    var beacon = BeaconCounts()
    beacon["udp_received_total"] = 171
    beacon["udp_dropped_total", "kernel_buffer_full"] = 7
    beacon["wss_ignored_total"] = 3
    beacon["frames_total"] = 171 + 98 + 8 - 3
    beacon["relayed_total", "udp_to_udp"] = 90
    beacon["relayed_total", "udp_to_wss"] = 48
    beacon["relayed_total", "wss_to_udp"] = 65
    beacon["relayed_total", "wss_to_wss"] = 28
    beacon["discovers_total", "refreshed"] = 9
    beacon["discovers_total", "attached"] = 5
    beacon["proofs_total", "failed"] = 4
    beacon["punches_total", "unbound"] = 1
    beacon["signs_total"] = 3
    beacon["dropped_total", "sender_mismatch"] = 274 - 90 - 48 - 65 - 28 - 9 - 5 - 4 - 1 - 3
    beacon["udp_answers_total"] = 12
    beacon["udp_sent_total"] = 160
    beacon["udp_dropped_total", "no_room"] = 7
    beacon["gone_notices_total", "wss"] = 2
    beacon["peer_frames_total", "sent"] = 75
    beacon["peer_frames_total", "overflowed"] = 4
    beacon["peer_frames_total", "gone"] = 4
    nodes[.udpFramesReceived] = 145
    nodes[.udpKernelFull] = 6
    nodes[.udpUnread] = 1
    nodes[.witnessedRelays] = 3
    nodes[.witnessedKernelFull] = 2
    nodes[.hostileUDPReceived] = 3
    nodes[.deliveredUDPToUDP] = 80
    nodes[.deliveredWSSToUDP] = 56
    nodes[.udpControlReceived] = 8
    nodes[.udpUnasked] = 1
    nodes[.wssFramesReceived] = 65
    nodes[.wssQueueFull] = 5
    nodes[.wssUnread] = 2
    nodes[.hostileReadLate] = 3
    nodes[.deliveredUDPToWSS] = 40
    nodes[.deliveredWSSToWSS] = 20
    nodes[.wssControlReceived] = 5
    return (nodes, beacon)
  }

  @Test func `books in which everything is counted balance`() {
    let (nodes, beacon) = Self.balanced()
    let ledger = Ledger(nodes: nodes, beacon: beacon)
    #expect(ledger.unbalanced.isEmpty, "\(ledger.unbalanced)")
    #expect(ledger.unaccounted == 0)
    #expect(Ledger(nodes: nodes).isBalanced)
  }

  /// What a frame is missing from, or is there twice.
  static let accounts: [Account] = [
    .sentUDPToUDP, .sentUDPToWSS, .sentWSSToUDP, .sentWSSToWSS, .deliveredUDPToUDP, .deliveredUDPToWSS,
    .deliveredWSSToUDP, .deliveredWSSToWSS, .udpFramesSent, .wssFramesSent, .udpFramesReceived, .wssFramesReceived,
    .wssExpired, .wssLost, .wssUnsent, .wssUnread, .wssQueueFull, .udpKernelFull, .witnessedRelays, .hostileReadLate,
    .hostileUDPSent, .hostileWSSSent, .udpControlSent, .wssControlReceived,
  ]

  @Test(arguments: accounts, [-1, 1])
  func `one frame too few or too many at a node is found`(account: Account, change: Int) {
    var (nodes, beacon) = Self.balanced()
    nodes[account] += change
    #expect(!Ledger(nodes: nodes, beacon: beacon).isBalanced)
    beacon["frames_total"] += 0
  }

  static let metrics: [(String, String)] = [
    ("relayed_total", "udp_to_udp"), ("relayed_total", "wss_to_wss"), ("dropped_total", "sender_mismatch"),
    ("udp_dropped_total", "no_room"), ("udp_dropped_total", "kernel_buffer_full"), ("peer_frames_total", "sent"),
    ("peer_frames_total", "gone"), ("discovers_total", "refreshed"), ("proofs_total", "failed"),
    ("punches_total", "unbound"), ("gone_notices_total", "wss"),
  ]

  @Test(arguments: metrics, [-1, 1])
  func `one frame too few or too many at the beacon is found`(metric: (String, String), change: Int) {
    var (nodes, beacon) = Self.balanced()
    beacon[metric.0, metric.1] += change
    #expect(!Ledger(nodes: nodes, beacon: beacon).isBalanced)
    nodes[.joins] += 1
  }

  @Test func `what the kernel dropped before any socket is allowed to be missing, and no more`() {
    var (nodes, beacon) = Self.balanced()
    beacon["udp_received_total"] -= 2
    beacon["frames_total"] -= 2
    beacon["dropped_total", "sender_mismatch"] -= 2
    var allowance = Ledger.Allowance()
    allowance.backlog = 1
    #expect(!Ledger(nodes: nodes, beacon: beacon, allowance: allowance).isBalanced)
    allowance.backlog = 2
    #expect(Ledger(nodes: nodes, beacon: beacon, allowance: allowance).isBalanced)
    nodes[.hostileUDPSent] -= 3
    #expect(!Ledger(nodes: nodes, beacon: beacon, allowance: allowance).isBalanced)
  }

  @Test func `frames in flight may be lost with connections that a late process closed, and only then`() {
    var (nodes, beacon) = Self.balanced()
    nodes[.leaves] = 2
    beacon["peer_frames_total", "sent"] += 200
    beacon["peer_frames_total", "gone"] -= 2
    beacon["relayed_total", "wss_to_wss"] += 198
    beacon["dropped_total", "sender_mismatch"] -= 198
    func isBalanced(lateness: Int) -> Bool {
      let allowance = Ledger.Allowance(backlog: 0, lateness: lateness, nodes: nodes)
      return Ledger(nodes: nodes, beacon: beacon, allowance: allowance).isBalanced
    }
    #expect(!isBalanced(lateness: 499))
    #expect(isBalanced(lateness: 500))
    nodes[.leaves] = 1
    #expect(!isBalanced(lateness: 500))
  }

  @Test func `books of several processes add up, and a time's books are a difference`() {
    let (nodes, _) = Self.balanced()
    var sum = nodes
    sum += nodes
    #expect(sum[.sentUDPToUDP] == 200)
    #expect((sum - nodes)[.sentUDPToUDP] == 100)
  }
}
