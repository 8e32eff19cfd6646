public import PilotTransport
public import PilotWire

/// How a node comes to its beacon over one path, and stays known to it: a value without clock, socket or random source.
///
/// Whoever drives it tells it what happens, then takes its outputs until there are none, and tells it the time again at
/// its ``deadline``. Each event makes a handful of outputs at most: one for each of the beacon's addresses, and three more.
///
/// Over UDP (``Target/datagrams(beacon:others:)``):
///
/// 1. A beacon's name can have several addresses, of which some lead nowhere: all are asked what they see (a Discover
///    with node 0, which registers nothing), and the first that answers is the beacon. When nothing comes from there any
///    more, or nothing can be sent there, all are asked again.
/// 2. The beacon is told where the node is, and told again (``RegistrationSchedule``). What it asks to be proven is
///    proven, as often as the node has announced itself and no more.
/// 3. Its answer says only that it is there: it answers also a node that it believes elsewhere. What shows that frames
///    come through is one that does: a delivery, or a frame that the node relays to itself. Such a probe is sent right
///    behind an announcement that waits for its first answer, so that one round trip is enough where the beacon believes
///    it; right behind a proof; and after an answer, until one comes back. One that is back before the answer waits for
///    that, a quarter of a second at most: it says where the node is seen.
/// 4. What the beacon asks to be punched is punched, a few times a second: so it learns, when another claims to be the node
///    from elsewhere, that the node is still here.
/// 5. What was shown is withdrawn when announcements stay without an answer; and when an answer names another address than
///    before, and no probe comes through to that one in time.
///
/// 6. A name may stand for other addresses by then. While the beacon is silent its name is looked up again, and all that it
///    stands for is asked, the address from before among them.
///
/// Over WSS (``Target/connection(beacon:)``) the connection shows it, and the node only announces itself
/// (``AnnouncementSchedule``).
public struct BeaconLink: Sendable {
  /// Where the beacon is, and what leads there.
  public enum Target: Sendable, Equatable {
    /// Datagrams to the beacon's address, or to another one that its name has. ``/PilotWire/Endpoint/any(port:)`` stands for
    /// the address of a beacon whose name could not be resolved yet.
    case datagrams(beacon: Endpoint, others: [Endpoint] = [])
    /// A connection that the transport keeps up, and calls its peer so.
    case connection(beacon: Endpoint)

    /// Where the beacon may be, each place once.
    var addresses: [Endpoint] {
      switch self {
      case .datagrams(let beacon, let others):
        others.reduce(into: [beacon]) { all, next in
          if !all.contains(next) { all.append(next) }
        }
      case .connection(let beacon): [beacon]
      }
    }
  }

  /// What the driver is to do.
  public enum Output: Sendable, Equatable {
    /// Ask what address is seen: send a Discover with node 0.
    case ask(Endpoint)
    /// Send a Discover with the node's ID and key.
    case announce(Endpoint)
    /// Relay the node's ``ProbeToken`` to itself.
    case probe(Endpoint)
    /// Sign the challenge, and send the proof.
    case prove(DiscoverChallenge, Endpoint)
    /// Send punch frames there: the beacon asks for it. To open a NAT towards a peer, or, if it names itself, as a sign that
    /// the node is there.
    case punch(Endpoint)
    /// Count a request to punch that isn't answered, since there were too many.
    case punchHeldBack
    /// Look up what addresses the beacon's name stands for now, and tell them (``resolved(_:at:)``).
    case resolve
    /// Tell whoever uses the node.
    case state(NodeState)
  }

  /// What a received frame is.
  public enum Reception: Sendable, Equatable {
    /// A delivery (0x06, 0x09) from the beacon, for this node.
    case message
    /// The beacon says that the destination of a frame isn't there.
    case gone(NodeID)
    /// Any other frame of the beacon's. What concerns the link has been looked after.
    case control
    /// The frame that the node has relayed to itself. Nobody's business but the link's.
    case probe
    /// From anybody else. Nothing in it is believed.
    case direct
  }

  private enum Kind: Sendable {
    case datagrams(DatagramLink)
    case connection(ConnectionLink)
  }

  private var kind: Kind
  private var outputs = OutputList()

  /// Begins. The first outputs are there at once.
  ///
  /// - Parameters:
  ///   - node: The node's ID.
  ///   - target: Where the beacon is, and what leads there.
  ///   - isNamed: Whether the beacon's addresses come from a name, which can be looked up again. Over UDP.
  ///   - token: What the node's frames to itself carry: nobody else can guess it.
  ///   - configuration: The times.
  ///   - now: The time.
  public init(
    node: NodeID, to target: Target, isNamed: Bool = false, token: ProbeToken,
    _ configuration: Configuration = Configuration(), at now: MonotonicInstant
  ) {
    switch target {
    case .datagrams(let beacon, _):
      kind = .datagrams(
        DatagramLink(
          node: node, beacon, target.addresses, isNamed: isNamed, token: token, configuration, at: now))
    case .connection(let beacon):
      kind = .connection(ConnectionLink(node: node, beacon: beacon, configuration.announcement))
    }
    tick(at: now)
  }

  /// Where frames for the beacon go. Over UDP the one of its addresses that answered last, or the first one.
  public var beacon: Endpoint {
    switch kind {
    case .datagrams(let link): link.beacon
    case .connection(let link): link.beacon
    }
  }

  /// How the node stands. As the last ``Output/state(_:)`` told.
  public var state: NodeState {
    switch kind {
    case .datagrams(let link): link.state
    case .connection(let link): link.state
    }
  }

  /// When to call ``tick(at:)`` next; nil if only an event makes something due.
  public var deadline: MonotonicInstant? {
    switch kind {
    case .datagrams(let link): link.deadline
    case .connection(let link): link.deadline
    }
  }

  /// The next thing to do; nil if there is none.
  public mutating func nextOutput() -> Output? { outputs.removeFirst() }

  /// Time has passed.
  public mutating func tick(at now: MonotonicInstant) {
    switch kind {
    case .datagrams(var link):
      link.tick(at: now, &outputs)
      kind = .datagrams(link)
    case .connection(var link):
      link.tick(at: now, &outputs)
      kind = .connection(link)
    }
  }

  /// A frame has come.
  public mutating func received(_ frame: RawSpan, from source: Endpoint, at now: MonotonicInstant) -> Reception {
    switch kind {
    case .datagrams(var link):
      defer { kind = .datagrams(link) }
      return link.received(frame, from: source, at: now, &outputs)
    case .connection(var link):
      defer { kind = .connection(link) }
      return link.received(frame, from: source, at: now, &outputs)
    }
  }

  /// The transport has told something.
  public mutating func on(_ event: TransportEvent, at now: MonotonicInstant) {
    switch kind {
    case .datagrams(var link):
      guard case .unreachable(let endpoint, _, _) = event else { return }
      link.unreachable(endpoint, at: now, &outputs)
      kind = .datagrams(link)
    case .connection(var link):
      link.on(event, at: now, &outputs)
      kind = .connection(link)
    }
  }

  /// The beacon's name stands for these addresses now, the preferred one first. Over UDP.
  public mutating func resolved(_ addresses: [Endpoint], at now: MonotonicInstant) {
    guard case .datagrams(var link) = kind else { return }
    link.resolved(addresses, at: now, &outputs)
    kind = .datagrams(link)
  }

  /// Whether an answer of the beacon's (DiscoverReply) is waited for. Over UDP.
  var awaitsAnswer: Bool {
    guard case .datagrams(let link) = kind else { return false }
    return link.awaitsAnswer
  }

  /// The node's frame to itself has come back over another path: the beacon takes what is sent over this one, and delivers there
  /// for as long as there is that path. Over UDP.
  mutating func relayed(at now: MonotonicInstant) {
    guard case .datagrams(var link) = kind else { return }
    link.relayed(at: now, &outputs)
    kind = .datagrams(link)
  }

  /// Something else than an announcement has drawn an answer, which says where the beacon sees the node. If that is another
  /// place than before, the node announces itself from there. Over UDP.
  mutating func sees(_ endpoint: Endpoint, at now: MonotonicInstant) {
    guard case .datagrams(var link) = kind else { return }
    link.sees(endpoint, at: now, &outputs)
    kind = .datagrams(link)
  }

  /// Have the node announce itself at once, or as soon as it may again. Over UDP.
  mutating func announce(at now: MonotonicInstant) {
    guard case .datagrams(var link) = kind else { return }
    link.announceSoon(at: now, &outputs)
    kind = .datagrams(link)
  }

  /// The transport did not take what an output had it send.
  public mutating func refused(_ output: Output, _ error: TransportError.Code, at now: MonotonicInstant) {
    switch kind {
    case .datagrams(var link):
      link.refused(output, error, at: now, &outputs)
      kind = .datagrams(link)
    case .connection(var link):
      link.refused(at: now)
      kind = .connection(link)
    }
  }
}
