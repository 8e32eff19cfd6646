internal import PilotTransport
public import PilotWire

/// What bounds a beacon's registrations, and who may move them. Negative durations count as zero.
public struct RouterConfiguration: Sendable, Equatable {
  /// How long a node stays registered without a Discover. Default 10 min (wire reference, section 2).
  public var nodeLifetime: Duration = .seconds(600)
  /// The most nodes registered over UDP, at least 1. Default 500,000 (wire reference, section 2). About 125 bytes each
  /// when full. WSS peers are not among them: they are bounded by the connections that the server accepts.
  public var nodeCapacity = 500_000
  /// How long after a move no other one is accepted, unless proven. Default 30 s (wire reference, section 2).
  public var moveHoldDown: Duration = .seconds(30)
  /// A node moves without further evidence once its old endpoint has been silent for longer than this. Default 75 s:
  /// nodes repeat their Discover every 60 s (wire reference, section 2).
  public var silenceBeforeMove: Duration = .seconds(75)
  /// A Relay from another port of a node's address moves the node once its endpoint has been silent for longer than this: until
  /// then its NAT has no reason to give it another port. Default 30 s, the least that NATs in use wait (RFC 4787, section 4.3,
  /// asks for 2 min). A Discover from there moves it at once.
  public var silenceBeforeRebinding: Duration = .seconds(30)
  /// This beacon's public addresses as nodes know them, at most one of each family: where the address that it sees of its own
  /// isn't that, behind a NAT. What a question to a node names (wire reference, section 2). Default none: the address that the
  /// node's Discover was written to, if it is public. They are also names that nodes may have dialled over UDP.
  public var advertised: [Endpoint] = []
  /// What a node has to prove to be registered over UDP. Default ``UDPAuthentication/prefer``.
  public var udpAuthentication = UDPAuthentication.prefer
  /// Whether only nodes whose key is known are registered over UDP. Default no, as at deployed beacons.
  public var servesListedNodesOnly = false
  /// How long a claimant whose claim was refused can't have the node asked again. Default 30 s.
  public var refusedClaimHoldDown: Duration = .seconds(30)
  /// How long the endpoint that a node was taken from can take it back. Default 10 min.
  public var formerEndpointLifetime: Duration = .seconds(600)
  /// Claims a second for which nodes at one address (the first 64 bits of an IPv6 one) are asked, at least 1. Default 3, of
  /// three questions each.
  public var claimsPerAddress = 3
  /// Nodes a second at one address that are asked for a sign when they register, at least 1, and four times as many at
  /// once. Default 10.
  public var greetingsPerAddress = 10
  /// How long after a probe an ICMP report counts as its result. Default 2 s.
  public var probeTimeout: Duration = .seconds(2)
  /// The least time between two probes for one node, and from one question to the next. Default 1 s.
  public var probeInterval: Duration = .seconds(1)
  /// How long a registration must have been spoken for before a full table prefers to keep it. Default 30 s: a flood of
  /// invented nodes pushes itself out before it lasts as long.
  public var settlingTime: Duration = .seconds(30)
  /// How long a challenge can be answered. Default 30 s.
  public var proofLifetime: Duration = .seconds(30)
  /// Discovers taken a second from each source over UDP (``relayRate`` says what a source is), at least 1, and twice as many at
  /// once; what comes beyond it isn't answered either. Default 500: each node of a full source repeats its own once a minute.
  public var discoversPerSource = 500
  /// Challenges a second for each source and node, at least 1. Default 1.
  public var challengesPerSecond = 1
  /// Challenges a second to each source in all, at least 1. Default 10: a forged Discover can draw one.
  public var challengesPerSource = 10
  /// Keys fetched a second for Discovers of each source address, at least 1, and four at once. Default 1. For directories
  /// that have to ask, such as a registry.
  public var fetchesPerSource = 1
  /// Signatures of proofs verified a second for each source address (the first 64 bits of an IPv6 one), at least 1, and
  /// five times as many at once. Default 2. A verification takes about 70 µs.
  public var proofsPerSource = 2
  /// Signatures of proofs verified a second in all, at least 1, and as many of punch grants. Default 200.
  public var proofsInAll = 200
  /// Requests to punch served a second for each source address or WSS node, at least 1. Default 1 (wire reference,
  /// section 2).
  public var punchesPerSource = 1
  /// Requests to punch served a second in all, at least 1. Default 10 (wire reference, section 2).
  public var punchesInAll = 10
  /// Frames relayed a second for each unproven source over UDP, by its address (the first 64 bits of an IPv6 one; on the
  /// machine itself, 127.0.0.1 and ::1, the port counts, too). Ten times as many for each node that is proven, or attached
  /// over WSS. As many at once as in a second. A frame of more than 1,500 bytes counts as so many as it has begun 1,500s, so
  /// that this bounds bytes as well. Default 4,000, as deployed beacons have it; 0 is no limit.
  public var relayRate = 4_000
  /// The most unproven registrations from each source, as above, at least 1. Default 1,024: a carrier puts about so many
  /// subscribers behind one address. Nodes whose key is known come in beyond it.
  public var nodesPerSource = 1_024
  /// Bytes that the endpoints of one source, as above, are sent of others' frames before one has answered: by a proof, or by
  /// a sign when it was asked for one. A sixteenth more each hour. Default 64 KiB.
  public var unansweredCredit = 65_536
  /// And so many bytes more for each byte that comes from there. Default 30: what a transfer's acknowledgements are to its
  /// data.
  public var creditPerByteHeard = 30
  /// The most nodes of each other beacon that are known, at least 1. Default 500,000, as many as a beacon registers; about 25 bytes
  /// each once they are listed.
  public var neighbourNodeCapacity = 500_000
  /// The most nodes of other beacons of the cluster that are known, all together. Default 2,000,000, about 60 bytes each once they are
  /// attached somewhere.
  public var clusterNodeCapacity = 2_000_000
  /// Whether somebody tells other beacons of a cluster who is attached here.
  package var isInCluster = false
  /// The first of 256 numbers under which this beacon tells others of its nodes, and which no other one of them may use; nil, the
  /// default, has the server choose one at random.
  public var beaconID: UInt32?
  /// Whether a request to punch is served only with a grant of its target (wire reference, section 2). Default no:
  /// deployed nodes send none.
  public var requiresPunchGrant = false

  /// The defaults.
  public init() {}
}

/// The configuration in the unit that the router computes in: nanoseconds.
struct RouterBounds: Sendable {
  /// The credit of a source's unanswered endpoints is given out in so many parts.
  static let creditChunks = 16
  /// And one more each hour.
  static let creditChunkInterval: UInt64 = 3_600_000_000_000

  let nodeLifetime: UInt64
  let nodeCapacity: Int
  let moveHoldDown: UInt64
  let silenceBeforeMove: UInt64
  let silenceBeforeRebinding: UInt64
  let probeTimeout: UInt64
  let probeInterval: UInt64
  /// Two announcements missed, and a quarter of a minute.
  let silenceBeforeUnlisting: UInt64 = 135_000_000_000
  let settlingTime: UInt64
  let proofLifetime: UInt64
  let nodesPerSource: Int
  let creditChunk: UInt32
  let creditPerByteHeard: UInt32
  let refusedClaimHoldDown: UInt64
  let formerEndpointLifetime: UInt64
  let authentication: UDPAuthentication
  let servesListedNodesOnly: Bool
  let requiresPunchGrant: Bool
  let isInCluster: Bool

  init(_ configuration: RouterConfiguration) {
    func nanoseconds(_ duration: Duration) -> UInt64 { UInt64(max(0, duration.clampedNanoseconds)) }
    nodeLifetime = nanoseconds(configuration.nodeLifetime)
    nodeCapacity = max(1, configuration.nodeCapacity)
    moveHoldDown = nanoseconds(configuration.moveHoldDown)
    silenceBeforeMove = nanoseconds(configuration.silenceBeforeMove)
    silenceBeforeRebinding = nanoseconds(configuration.silenceBeforeRebinding)
    probeTimeout = nanoseconds(configuration.probeTimeout)
    probeInterval = nanoseconds(configuration.probeInterval)
    settlingTime = nanoseconds(configuration.settlingTime)
    proofLifetime = nanoseconds(configuration.proofLifetime)
    nodesPerSource = max(1, configuration.nodesPerSource)
    creditChunk = UInt32(clamping: configuration.unansweredCredit / Self.creditChunks)
    creditPerByteHeard = UInt32(clamping: configuration.creditPerByteHeard)
    refusedClaimHoldDown = nanoseconds(configuration.refusedClaimHoldDown)
    formerEndpointLifetime = nanoseconds(configuration.formerEndpointLifetime)
    authentication = configuration.udpAuthentication
    servesListedNodesOnly = configuration.servesListedNodesOnly
    requiresPunchGrant = configuration.requiresPunchGrant
    isInCluster = configuration.isInCluster
  }
}
