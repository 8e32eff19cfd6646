/// What became of the datagrams of a ``SimulatedNetwork``: totals since it was made.
///
/// They add up at any time: ``sent`` and ``duplicated`` together are ``delivered``, the ``drops`` and ``inFlight``.
public struct SimulationCounters: Sendable, Equatable {
  /// Datagrams given to send.
  public internal(set) var sent: UInt64 = 0
  /// Copies that a link made.
  public internal(set) var duplicated: UInt64 = 0
  /// Datagrams that a link has damaged. They are in the other numbers like all others.
  public internal(set) var corrupted: UInt64 = 0
  /// Datagrams that arrived, copies included.
  public internal(set) var delivered: UInt64 = 0
  /// Datagrams that didn't, copies included, by reason.
  public internal(set) var drops = Drops()
  /// Datagrams that are on their way now.
  public internal(set) var inFlight: UInt64 = 0
  /// Reports of unreachable destinations that were delivered. They are no datagrams, and in none of the other numbers.
  public internal(set) var unreachableReports: UInt64 = 0

  /// Whether the numbers add up.
  public var isConserved: Bool { sent + duplicated == delivered + drops.total + inFlight }

  /// Datagrams that were dropped, by reason.
  public struct Drops: Sendable, Equatable {
    private var counts = [UInt64](repeating: 0, count: SimulationDrop.allCases.count)

    /// How many were dropped for this reason.
    public internal(set) subscript(reason: SimulationDrop) -> UInt64 {
      get { counts[reason.rawValue] }
      set { counts[reason.rawValue] = newValue }
    }

    /// How many were dropped.
    public var total: UInt64 { counts.reduce(0, +) }
  }
}

/// Why a ``SimulatedNetwork`` dropped a datagram.
@nonexhaustive
public enum SimulationDrop: Int, CaseIterable, Sendable {
  /// The sender is closed.
  case senderClosed
  /// Nothing has this destination.
  case noRoute
  /// The destination was there once, and is closed. The sender is told, unless its link tells nothing.
  case portClosed
  /// A cut or a partition lies between, when it was sent or when it arrived.
  case cut
  /// The link's ``LinkConditions/loss``.
  case lost
  /// Longer than the link's ``LinkConditions/mtu``.
  case exceedsMTU
  /// No room in the link's ``LinkConditions/queue``.
  case queueFull
  /// The link's ``LinkConditions/quota`` is used up.
  case quotaUsed
  /// The sender's NAT has no port left.
  case natPortsTaken
  /// The destination's NAT has no mapping at this port, or not any more.
  case natUnmapped
  /// The destination's NAT has a mapping, but not for this sender.
  case natFiltered
  /// From behind a NAT to its own address, and it doesn't hairpin.
  case natHairpin
}
