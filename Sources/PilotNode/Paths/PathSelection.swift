public import PilotTransport

/// Which of a node's paths carry its frames: a value without clock, socket or random source.
///
/// A path leads to one beacon over one transport, and has a ``BeaconLink``. Whoever drives them tells this what becomes of
/// them, then takes its outputs until there are none, and tells it the time at its ``deadline``. All paths are read all the
/// time, whichever of them carry: what comes late on another path is delivered, and moves nothing.
public struct PathSelection: Sendable {
  /// A path: a beacon by its place in the order of preference, counted from 0, and what leads to it.
  public struct Path: Sendable, Hashable {
    /// What leads to a beacon.
    public enum Kind: Sendable, Hashable {
      /// UDP.
      case datagrams
      /// WSS.
      case connection
    }

    /// The beacon's place in the order of preference, counted from 0.
    public let beacon: Int
    /// What leads to it.
    public let kind: Kind

    /// Describes a path.
    public init(beacon: Int, _ kind: Kind) {
      self.beacon = beacon
      self.kind = kind
    }
  }

  /// What the driver is to do.
  public enum Output: Sendable, Hashable {
    /// Run the path's link, if it rests: over UDP it begins anew (``BeaconLink/init(node:path:isNamed:token:_:at:)``) and so
    /// announces itself at once; over WSS the connection is dialled, and dialled again until the path is put to rest. Each
    /// path rests at first.
    case open(PathID)
    /// The path is not needed: over UDP its link sends nothing; over WSS what is queued is sent, then the connection is
    /// closed. It is read on.
    case rest(PathID)
    /// Over WSS: give the connection up as it is, and dial at once, without the delay that failed attempts bring.
    case redial(PathID)
    /// Over UDP: send a Discover with node 0 of this length in all, in bytes, to the beacon's address. Its answer is told by
    /// ``PathSelection/answered(_:at:)``.
    case probe(PathID, length: Int)
    /// Relay a frame of this length in all, in bytes, to the node itself, with the token and this number
    /// (``ProbeToken/echo(_:length:)``). Its coming back, by whatever path, is told by ``PathSelection/echoed(_:at:)``.
    case echo(PathID, number: UInt32, length: Int)
    /// Over UDP: have the link announce itself at once, if it doesn't rest: where the beacon sees the node may have changed.
    case announce(PathID)
    /// From now on frames are sent so. Before it is performed whatever is in ``switched(_:)`` behind it is not yet told.
    case carry(Carriage)
    /// Tell whoever uses the node.
    case switched(PathSwitch)
    /// Remember this of the present network, for the next start and the next change to it.
    case remember(NetworkVerdict)
  }

  /// What carries frames now. As the last ``Output/carry(_:)`` told.
  public private(set) var carriage = Carriage.none
  private var outputs: [Output] = []

  /// Begins. The first outputs are there at once.
  ///
  /// - Parameters:
  ///   - paths: All paths, in the order of their numbers. One for each pair of beacon and kind at most, and one at least.
  ///   - configuration: The times and limits.
  ///   - verdict: What is remembered of the present network.
  ///   - now: The time.
  public init(
    _ paths: [Path], _ configuration: Configuration = Configuration(), on verdict: NetworkVerdict? = nil,
    at now: MonotonicInstant
  ) {}

  /// The path that is told; nil before the first one is up.
  public var active: PathID? { carriage.active }

  /// When to call ``tick(at:random:)`` next. After a tick it lies in the future. Nil if only an event makes something due.
  public var deadline: MonotonicInstant? { nil }

  /// The next thing to do; nil if there is none.
  public mutating func nextOutput() -> Output? { nil }

  /// Time has passed.
  ///
  /// - Parameters:
  ///   - now: The time. Much later than the deadline means that this machine has slept: as ``resumed(at:)``.
  ///   - random: Uniform in 0..<1, for all that is spread in time.
  public mutating func tick(at now: MonotonicInstant, random: Double) {}

  /// The path's link is ready: what is sent to the node arrives. Also when it is told again.
  ///
  /// - Parameters:
  ///   - path: Which.
  ///   - allowsBoth: Over WSS: whether the beacon takes frames over UDP from a node that is attached, as one that speaks
  ///     `pilot.v2` does.
  ///   - now: When.
  public mutating func up(_ path: PathID, allowsBoth: Bool = false, at now: MonotonicInstant) {}

  /// The path's link is not ready any more, or could not become it; also when it is told again.
  ///
  /// - Parameters:
  ///   - path: Which.
  ///   - reason: What its link's state says: ``PathSwitch/Reason/unanswered``, ``PathSwitch/Reason/unsendable(_:)``, or
  ///     ``PathSwitch/Reason/down``.
  ///   - now: When.
  public mutating func down(_ path: PathID, _ reason: PathSwitch.Reason, at now: MonotonicInstant) {}

  /// Over UDP an answer has come from the beacon (DiscoverReply).
  ///
  /// Answers have no number. Each is counted for one probe, the oldest that can have drawn it.
  ///
  /// - Returns: Whether a probe has waited for it. If not, or if the link waits for one as well, it is the link's.
  public mutating func answered(_ path: PathID, at now: MonotonicInstant) -> Bool { false }

  /// A frame of the node to itself has come back, by whatever path, with this number.
  public mutating func echoed(_ number: UInt32, at now: MonotonicInstant) {}

  /// Over WSS the node has announced itself (a Discover): a beacon that takes one path at a time hears no other for half a
  /// minute.
  public mutating func announced(_ path: PathID, at now: MonotonicInstant) {}

  /// What has gone over a path until now. Told for each path that carries, before each tick; for others now and then.
  public mutating func counted(_ path: PathID, _ traffic: PathTraffic) {}

  /// ICMP has reported that nothing listens at the beacon's address, and quotes what was sent there.
  public mutating func reported(_ path: PathID, at now: MonotonicInstant) {}

  /// The transport did not take a frame for this reason, a user's, the link's, or one of an output. Only reasons that last
  /// matter here: `.unreachable` and `.system`.
  public mutating func refused(_ path: PathID, _ error: TransportError.Code, at now: MonotonicInstant) {}

  /// Whether the node's frames are read. While they aren't, nothing can be missed: no probe is sent, and none is judged.
  public mutating func reading(_ isReading: Bool, at now: MonotonicInstant) {}

  /// The machine is on another network: addresses or routes have changed.
  ///
  /// - Parameter verdict: What is remembered of it.
  public mutating func networkChanged(to verdict: NetworkVerdict?, at now: MonotonicInstant) {}

  /// The machine has slept.
  public mutating func resumed(at now: MonotonicInstant) {}
}
