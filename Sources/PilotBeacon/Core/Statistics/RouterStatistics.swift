/// What the router has seen and done: totals since it was made, and how much it holds now.
///
/// They add up: each frame is in exactly one of ``relayed``, ``discovers``, ``proofsSubmitted``, ``punches``, ``signs``, ``syncs`` and ``drops``.
public struct RouterStatistics: Sendable, Equatable {
  /// Frames handed to the router.
  public internal(set) var frames: UInt64 = 0
  /// Relay frames passed on, by the transports they came and left on.
  public internal(set) var relayed = Tally<RelayCell, 4>()
  /// Discovers answered, by what became of them.
  public internal(set) var discovers = Tally<DiscoverOutcome, 16>()
  /// Proofs whose challenge was young enough; ``proofs`` says what came of them, those that are being verified left out.
  public internal(set) var proofsSubmitted: UInt64 = 0
  /// Requests to punch, by what became of them.
  public internal(set) var punches = Tally<PunchOutcome, 6>()
  /// Signs of life that the beacon had asked for.
  public internal(set) var signs: UInt64 = 0
  /// Lists of other beacons' nodes that were taken in.
  public internal(set) var syncs: UInt64 = 0
  /// Frames dropped, by reason.
  public internal(set) var drops = Tally<RouterDropReason, 23>()

  /// Proofs, by what became of them.
  public internal(set) var proofs = Tally<ProofOutcome, 7>()
  /// Punch grants, by what became of them.
  public internal(set) var grants = Tally<GrantOutcome, 4>()
  /// Challenges that were not sent because the node had got one at this source within the second, or the source enough
  /// unasked.
  public internal(set) var challengesHeldBack: UInt64 = 0
  /// Keys that were not fetched because their Discovers' source has had its share.
  public internal(set) var fetchesHeldBack: UInt64 = 0
  /// Registrations that went from one endpoint to another, by cause.
  public internal(set) var moves = Tally<MoveCause, 8>()
  /// Proven registrations that were removed because their node's key changed.
  public internal(set) var revocations: UInt64 = 0
  /// Probes sent to endpoints that a Discover from elsewhere put in question.
  public internal(set) var probes: UInt64 = 0
  /// Questions sent to endpoints whose node is claimed from elsewhere, up to three for each claim.
  public internal(set) var questions: UInt64 = 0
  /// Questions sent to endpoints where a node has registered.
  public internal(set) var greetings: UInt64 = 0
  /// Claims and registrations whose endpoint was not asked because its address had its share.
  public internal(set) var questionsHeldBack: UInt64 = 0
  /// Claims that were refused because the old endpoint gave a sign of life.
  public internal(set) var claimsRefused: UInt64 = 0
  /// Nodes that had proven themselves and made way for others in the full list of those.
  public internal(set) var provenForgotten: UInt64 = 0
  /// Reports of ICMP about an endpoint that was being probed, without the probe's own nonce in what they quote: forged, or
  /// from a router that quotes too little.
  public internal(set) var unfoundedReports: UInt64 = 0
  /// Registrations that made way for others because the table was full.
  public internal(set) var evictions: UInt64 = 0
  /// Registrations removed because they had run out.
  public internal(set) var expirations: UInt64 = 0
  /// Registrations ended because their address may not speak any more.
  public internal(set) var expulsions: UInt64 = 0
  /// WSS connections replaced by a newer one of their node.
  public internal(set) var replacements: UInt64 = 0
  /// WSS connections that ended while their node was proven over UDP: it has got everything there since.
  public internal(set) var continuedOverUDP: UInt64 = 0

  /// Notices to senders of Relays that the destination isn't here.
  public internal(set) var goneNotices: UInt64 = 0
  /// Those of them that went over WSS.
  public internal(set) var goneNoticesOverWSS: UInt64 = 0
  /// Such notices that were not sent because the sender had been told within the second, or of many others.
  public internal(set) var goneNoticesHeldBack: UInt64 = 0
  /// Nodes that other beacons have listed and that there was no room for, each time.
  public internal(set) var syncNodesLeftOut: UInt64 = 0
  /// Of the frames relayed, those that another beacon has passed on.
  public internal(set) var relayedFromNeighbours: UInt64 = 0
  /// Of the frames relayed, those that were passed on to another beacon.
  public internal(set) var relayedToNeighbours: UInt64 = 0
  /// Answers, and all else that a frame leads to beside a relay, for which the router's queue had no room.
  public internal(set) var outputsDropped: UInt64 = 0

  /// Nodes registered over UDP now. Those that have run out count until they are removed.
  public internal(set) var nodes = 0
  /// Nodes that other beacons list now. Those whose list has run out count until they are removed.
  public internal(set) var neighbourNodes = 0
  /// Nodes that are attached to other beacons of the cluster now.
  public internal(set) var clusterNodes = 0
  /// Nodes attached over WSS now.
  public internal(set) var wssPeers = 0

  init() {}

  /// What ``frames`` must equal: every frame that ended in a counter.
  public var accountedFor: UInt64 {
    relayed.total &+ discovers.total &+ proofsSubmitted &+ punches.total &+ signs &+ syncs &+ drops.total
  }
}
