package import PilotFixtures

/// What nodes count of themselves, since their process began.
package enum Account: String, Sendable, CaseIterable, Codable {
  // By the program around the transports. Sends that threw are refused, and not sent.
  case sentUDPToUDP, sentUDPToWSS, sentWSSToUDP, sentWSSToWSS, refused
  case deliveredUDPToUDP, deliveredUDPToWSS, deliveredWSSToUDP, deliveredWSSToWSS
  /// Discovers, proofs and frames to themselves that nodes sent, and what came that was no message.
  case udpControlSent, udpControlReceived, wssControlSent, wssControlReceived
  // By UDP transports, open and closed.
  case udpFramesSent, udpRefused, udpFramesReceived, udpKernelFull, udpTruncated, udpUnread, udpUnasked, udpReports
  // By WSS transports, open and closed.
  case wssFramesSent, wssExpired, wssLost, wssUnsent, wssFramesReceived, wssQueueFull, wssUnread, wssUnasked,
    wssReconnects
  /// Datagrams that came for a UDP node that had left or moved, read from its old socket by a witness.
  case witnessedRelays, witnessedControl, witnessedKernelFull
  /// By hostile peers with transports of their own, and by those that read late.
  case hostileUDPSent, hostileUDPReceived, hostileUDPKernelFull, hostileWSSSent, hostileWSSReceived, hostileReadLate,
    hostileStolen
  /// Of floods: what was relayed beyond the sender's share, and what was missing of it.
  case floodSent, floodArrived, floodArrivedOverWSS, floodOverLimit, floodShort
  /// Nodes that were dead when they were claimed, and those of them that were moved for it.
  case deadClaimed, deadMoved
  /// Answers to another beacon that this one believed.
  case believed
  /// Nodes that nothing was delivered to any more, though all was well with them.
  case forsaken
  // Events.
  case joins, leaves, moves, stalls, registeredAgain
  /// WSS connections that the beacon closed because the node's key had changed.
  case keysChanged

  package static func sent(_ cell: Cell) -> Account {
    switch cell {
    case .udpToUDP: .sentUDPToUDP
    case .udpToWSS: .sentUDPToWSS
    case .wssToUDP: .sentWSSToUDP
    case .wssToWSS: .sentWSSToWSS
    }
  }

  package static func delivered(_ cell: Cell) -> Account {
    switch cell {
    case .udpToUDP: .deliveredUDPToUDP
    case .udpToWSS: .deliveredUDPToWSS
    case .wssToUDP: .deliveredWSSToUDP
    case .wssToWSS: .deliveredWSSToWSS
    }
  }
}

/// Counts by account, of one process or of several together, since the beginning or over a time.
package struct Books: Sendable, Equatable, Codable {
  private var counts: [String: Int] = [:]

  package init() {}

  package subscript(account: Account) -> Int {
    get { counts[account.rawValue] ?? 0 }
    set { counts[account.rawValue] = newValue }
  }

  /// What was wrong with deliveries, by kind.
  package subscript(finding: DeliveryFinding) -> Int {
    get { counts["finding." + finding.rawValue] ?? 0 }
    set { counts["finding." + finding.rawValue] = newValue }
  }

  /// Attacks, by kind.
  package subscript(attack: Attack) -> Int {
    get { counts["attack." + attack.rawValue] ?? 0 }
    set { counts["attack." + attack.rawValue] = newValue }
  }

  /// Everything under its name.
  package var entries: [String: Int] { counts }

  package static func += (left: inout Books, right: Books) {
    left.counts.merge(right.counts) { $0 + $1 }
  }

  package static func - (left: Books, right: Books) -> Books {
    var difference = left
    difference.counts.merge(right.counts.mapValues { -$0 }) { $0 + $1 }
    return difference
  }
}
