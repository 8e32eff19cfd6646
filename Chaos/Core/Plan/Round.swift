package import PilotFixtures

/// What goes on in a round beside the usual traffic.
package enum Weather: String, Sendable, CaseIterable, Codable {
  /// Traffic, guests and small attacks.
  case calm
  /// Many guests come and go, and many nodes move.
  case churn
  /// The beacon is stopped for a while (SIGSTOP), and goes on.
  case stall
  /// The beacon is killed under traffic (SIGKILL), and comes back.
  case kill
  /// The beacon is ended in order under traffic (SIGTERM), and comes back.
  case restart
  /// As `calm`, and once all is counted the beacon is ended in order and comes back.
  case handover
  /// Another beacon takes over from the one that serves, under traffic.
  case takeover
  /// A process with honest nodes is killed under traffic, and another takes its place.
  case crash
  /// Half-open handshakes by the thousand.
  case crowd
  /// Some nodes' keys are taken out of the beacon's nodes file, or replaced there, and put back.
  case revocation
  /// Nobody reads the beacon's log for a while, in which it would have more to say than it keeps.
  case unread

  /// Whether all counters live through the round, so that its books must balance exactly.
  package var keepsCounters: Bool { keepsBeacon && self != .crash }
  /// Whether the beacon's live.
  package var keepsBeacon: Bool { keepsTable && self != .takeover }
  /// Whether what the beacon knows of nodes lives, and nobody has to come back.
  package var keepsTable: Bool { self != .kill && self != .restart }
  /// Whether its fault keeps frames from being delivered.
  package var isOutage: Bool { !keepsTable || self == .stall || self == .crash }
}

/// Something that an honest node does.
package enum Deed: Sendable, Equatable {
  /// Relays frames to another node, one by one or as a batch.
  case send(to: UInt32, count: Int, length: Int, batched: Bool)
  /// Closes its transport, without a word to anybody.
  case leave
  /// Comes back.
  case join
  /// Takes a new socket or connection, and closes the old one afterwards.
  case move
  /// Reads nothing for this long, in milliseconds.
  case stall(Int)
}

/// A deed with its node and time.
package struct Step: Sendable, Equatable {
  /// Milliseconds since the round began.
  package let at: Int
  package let node: UInt32
  package let deed: Deed

  package init(at: Int, node: UInt32, deed: Deed) {
    self.at = at
    self.node = node
    self.deed = deed
  }
}

/// What hostile peers do.
package enum Attack: String, Sendable, CaseIterable, Codable {
  // Over UDP.
  case garbageDatagrams, truncatedMessages, longestDatagrams, liesOverUDP, claims, inventedNodes, randomProofs,
    forgedSignatures, oldProofs, proofFloods, evictions, claimsOfTheDead
  // Over both.
  case relayFloods, relayedChallenges
  // By ICMP.
  case forgedReports
  // Over WSS, authenticated as a node that is hostile.
  case liesOverWSS, badFrames, slowReaders, comingsAndGoings
  // On the way there.
  case silentConnections, garbageBeforeTLS, stoppedTLS, garbageAfterTLS, stoppedUpgrades, garbageAfterUpgrade,
    unansweredChallenges, forgedReplies

  /// Whether it is made in this weather. Where a beacon has just begun, or a node's socket is gone, who claims a node that
  /// can prove nothing is rightly believed.
  package func isMade(in weather: Weather) -> Bool {
    switch self {
    case .forgedReports, .claimsOfTheDead: weather.keepsCounters
    default: true
    }
  }

  /// Whether it is about a share, or an answer that takes seconds: once in a round, and early.
  package var isLong: Bool {
    switch self {
    case .evictions, .claimsOfTheDead, .relayFloods, .relayedChallenges: true
    default: false
    }
  }
}

/// An attack with its time.
package struct Strike: Sendable, Equatable {
  /// Milliseconds since the round began.
  package let at: Int
  package let attack: Attack
  /// How many datagrams or connections; of floods, how many are begun.
  package let count: Int
  /// For what is random in it.
  package let seed: UInt64
}

/// What happens to the beacon, or to a process with nodes.
package struct Fault: Sendable, Equatable {
  /// Milliseconds since the round began.
  package let at: Int
  /// How long that is stopped or away, in milliseconds.
  package let duration: Int

  package init(at: Int, duration: Int) {
    self.at = at
    self.duration = duration
  }
}

/// A key that the beacon's nodes file doesn't hold for a while.
package struct Revocation: Sendable, Equatable {
  package let node: UInt32
  package let carrier: Carrier
  /// Whether another key stands in its place.
  package let isReplaced: Bool

  package init(node: UInt32, carrier: Carrier, isReplaced: Bool) {
    self.node = node
    self.carrier = carrier
    self.isReplaced = isReplaced
  }
}

/// All that is planned for a few seconds, after which everything is counted.
package struct Round: Sendable, Equatable {
  package let number: Int
  package let weather: Weather
  /// In the order of their times.
  package let steps: [Step]
  package let strikes: [Strike]
  package let faults: [Fault]
  /// What happens to keys at the fault, in a ``Weather/revocation``.
  package let revocations: [Revocation]

  package init(
    number: Int, weather: Weather, steps: [Step], strikes: [Strike], faults: [Fault], revocations: [Revocation] = []
  ) {
    self.number = number
    self.weather = weather
    self.steps = steps
    self.strikes = strikes
    self.faults = faults
    self.revocations = revocations
  }

  /// How many keys of nodes with this carrier are taken out.
  package func revocations(of carrier: Carrier) -> Int { revocations.count { $0.carrier == carrier } }
}
