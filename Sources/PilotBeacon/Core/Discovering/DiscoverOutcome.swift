/// What became of a Discover that was in order. It is answered in every case; whether it changed anything is the
/// beacon's own business.
@nonexhaustive
public enum DiscoverOutcome: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// It named no node: it asked only for its address, and registered nothing.
  case addressOnly
  /// Over WSS, where the connection says where the node is.
  case wss
  /// The node was not registered, or not any more, and now is.
  case registered
  /// It came from where the node is registered, and prolonged that.
  case refreshed
  /// It came from another port of the same address, or from elsewhere when nothing had been heard from the old endpoint for
  /// long; ``MoveCause`` tells which.
  case moved
  /// Refused: the node is attached over WSS, authenticated, and this Discover is not.
  case refusedAttached
  /// Refused: the node has proven to be at another endpoint.
  case refusedProven
  /// Refused: the old endpoint has spoken lately, or has answered a question.
  case refusedAlive
  /// Refused: the node has moved a short while ago.
  case refusedHoldDown
  /// Refused: the table is full, and no entry of the sample may go for an unproven newcomer.
  case refusedFull
  /// Refused: so many unproven nodes are registered from this source that it gets no more.
  case refusedSourceFull
  /// It came from elsewhere, and the old endpoint is being asked: the node moves in three seconds if nothing comes from there.
  case asked
  /// Refused: the old endpoint is being asked because of an earlier claim.
  case refusedAsking
  /// Refused: a proof is required of this node (``UDPAuthentication``).
  case refusedUnproven
  /// Refused: the node's key isn't known, and only nodes with one are served.
  case refusedUnlisted
  /// Refused: it names the broadcast address, which is no node's.
  case refusedBroadcast

  /// Whether the Discover left the node where it was.
  public var isRefusal: Bool {
    switch self {
    case .addressOnly, .wss, .registered, .refreshed, .moved: false
    case .refusedAttached, .refusedProven, .refusedAlive, .refusedHoldDown, .refusedFull, .refusedSourceFull, .asked,
      .refusedAsking, .refusedUnproven, .refusedUnlisted, .refusedBroadcast:
      true
    }
  }

  /// Whether the Discover was refused because of who it names, wherever it came from.
  var isByName: Bool { self == .refusedUnproven || self == .refusedUnlisted || self == .refusedBroadcast }

  /// The outcome's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .addressOnly: "address_only"
    case .wss: "attached"
    case .registered: "registered"
    case .refreshed: "refreshed"
    case .moved: "moved"
    case .refusedAttached: "refused_attached"
    case .refusedProven: "refused_proven"
    case .refusedAlive: "refused_alive"
    case .refusedHoldDown: "refused_hold_down"
    case .refusedFull: "refused_full"
    case .refusedSourceFull: "refused_source_full"
    case .asked: "asked"
    case .refusedAsking: "refused_asking"
    case .refusedUnproven: "refused_unproven"
    case .refusedUnlisted: "refused_unlisted"
    case .refusedBroadcast: "refused_broadcast"
    }
  }
}
