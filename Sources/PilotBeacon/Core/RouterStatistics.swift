/// What the router has seen and done: totals since it was made, and how much it holds now.
///
/// They add up: each frame is in exactly one of ``relayed``, ``discovers``, ``proofsSubmitted`` and ``drops``.
public struct RouterStatistics: Sendable, Equatable {
  /// Frames handed to ``Router/on(_:from:at:)``.
  public internal(set) var frames: UInt64 = 0
  /// Relay frames passed on, by the transports they came and left on.
  public internal(set) var relayed = Tally<RelayCell>()
  /// Discovers answered, by what became of them.
  public internal(set) var discovers = Tally<DiscoverOutcome>()
  /// Proofs passed on for verification.
  public internal(set) var proofsSubmitted: UInt64 = 0
  /// Frames dropped, by reason.
  public internal(set) var drops = Tally<RouterDropReason>()

  /// Proofs that held, and bound their node to their source.
  public internal(set) var proofsAccepted: UInt64 = 0
  /// Proofs whose token or signature was wrong.
  public internal(set) var proofsFailed: UInt64 = 0
  /// Proofs that held, but answered a challenge from before the node proved to be elsewhere.
  public internal(set) var proofsSuperseded: UInt64 = 0
  /// Probes sent to endpoints that a Discover from elsewhere put in question.
  public internal(set) var probes: UInt64 = 0
  /// Nodes moved because ICMP reported their old endpoint unreachable after a probe.
  public internal(set) var unreachableMoves: UInt64 = 0
  /// Registrations that made way for others because the table was full.
  public internal(set) var evictions: UInt64 = 0
  /// Registrations removed because they had run out.
  public internal(set) var expirations: UInt64 = 0
  /// WSS connections replaced by a newer one of their node.
  public internal(set) var replacements: UInt64 = 0

  /// Nodes registered over UDP now. Those that have run out count until they are removed.
  public internal(set) var nodes = 0
  /// Nodes attached over WSS now.
  public internal(set) var compatPeers = 0

  init() {}

  /// What ``frames`` must equal: every frame that ended in a counter.
  public var accountedFor: UInt64 {
    relayed.total &+ discovers.total &+ proofsSubmitted &+ drops.total
  }
}

/// The transports that a relayed frame came and left on.
public enum RelayCell: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// From a datagram to a datagram.
  case udpToUDP
  /// From a datagram to a WSS connection.
  case udpToWSS
  /// From a WSS connection to a datagram.
  case wssToUDP
  /// From a WSS connection to a WSS connection.
  case wssToWSS

  /// The cell's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .udpToUDP: "udp_to_udp"
    case .udpToWSS: "udp_to_wss"
    case .wssToUDP: "wss_to_udp"
    case .wssToWSS: "wss_to_wss"
    }
  }
}
