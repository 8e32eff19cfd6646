public import PilotTransport

/// Which of a node's paths carry its frames: a value without clock, socket or random source.
///
/// A path leads to one beacon over one transport, and has a ``BeaconLink``. Whoever drives them tells this what becomes of
/// them, then takes its outputs until there are none, and tells it the time at its ``deadline``. All paths are read all the
/// time, whichever of them carry: what comes late on another path is delivered, and moves nothing. See <doc:Paths>.
public struct PathSelection: Sendable {
  /// A path, as a node tells it from its others: a beacon by its place in the order of preference, counted from 0, and what
  /// leads to it.
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
    /// Run the path's link, if it rests: over UDP it begins anew (``BeaconLink/init(node:to:isNamed:token:_:at:)``) and so
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
    /// (``ProbeToken/echo(_:length:)``). Its coming back, by whichever path, is told by ``PathSelection/echoed(_:over:at:)``.
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

  /// What carries frames. As the last ``Output/carry(_:)`` told.
  public internal(set) var carriage = Carriage.none
  let configuration: Configuration
  /// The active path. What carries follows it at the end of each event.
  var current: PathID?
  var records: [PathRecord]
  var choice: BeaconChoice
  var echoes = EchoLedger()
  /// The attempt to take a preferred path again.
  var attempt: ReturnAttempt?
  /// The comparison of a bad path with another one.
  var comparison: PathComparison?
  /// No comparison before this.
  var nextComparison: MonotonicInstant
  /// Which path carries frames beside the active one, and until when, though there is no doubt any more.
  var overlap: (path: PathID, until: MonotonicInstant)?
  /// When the active path changed last; before, when this began.
  var lastSwitch: MonotonicInstant
  /// When the active path was taken because the beacon of the one before sent the node away; nil if it was for another reason.
  var sentAwayAt: MonotonicInstant?
  /// When this began, or the network changed last.
  var openedAt: MonotonicInstant
  var verdict: NetworkVerdict?
  /// When the active path has answered again of late, after several missing answers in a row.
  var outages: [MonotonicInstant] = []
  /// When a frame was last relayed to the node itself over the active path.
  var lastEcho: MonotonicInstant?
  /// Doubts of late that were none, and when the last one was.
  var falseAlarms = 0
  /// See ``falseAlarms``.
  var lastFalseAlarm: MonotonicInstant?
  /// Whether whoever has the receiver reads.
  var isRead = true
  /// The latest time that was told.
  var now: MonotonicInstant
  /// When the time was told last.
  var lastTick: MonotonicInstant
  /// Uniform in 0..<1, new with each tick.
  var random = 0.5
  /// How long the frames that go out were of late, and those that come, in bytes: over any path.
  var sentLength = 0
  /// See ``sentLength``.
  var receivedLength = 0
  /// To be told when what carries frames has been.
  var switches: [PathSwitch] = []
  private var outputs: [Output] = []
  private var firstOutput = 0

  /// Whoever has been sent away, and is again so soon after, stays: full beacons don't have a node to and fro.
  private static let arrival: Duration = .seconds(10)
  /// A tick that comes so late after its deadline says that the machine, or this process, has slept.
  private static let lateness: Duration = .seconds(3)

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
  ) {
    self.configuration = configuration
    records = paths.enumerated().map { PathRecord(PathID($0.offset), $0.element, configuration) }
    choice = BeaconChoice(configuration.preference)
    self.verdict = verdict
    (self.now, lastSwitch, openedAt, nextComparison, lastTick) = (now, now, now, now, now)
    tick(at: now, random: 0.5)
  }

  /// The path that is told; nil before the first one is up.
  public var active: PathID? { carriage.active }

  /// When to call ``tick(at:random:)`` next. After a tick it lies in the future. Nil if only an event makes something due.
  public var deadline: MonotonicInstant? { nextDue }

  /// The next thing to do; nil if there is none.
  public mutating func nextOutput() -> Output? {
    guard firstOutput < outputs.count else {
      outputs.removeAll(keepingCapacity: true)
      firstOutput = 0
      return nil
    }
    defer { firstOutput += 1 }
    return outputs[firstOutput]
  }

  mutating func put(_ output: Output) { outputs.append(output) }

  // MARK: What happens

  /// Time has passed.
  ///
  /// - Parameters:
  ///   - now: The time. Much later than the deadline means that this machine has slept: as ``resumed(at:)``.
  ///   - random: Uniform in 0..<1, for all that is spread in time.
  public mutating func tick(at now: MonotonicInstant, random: Double) {
    self.random = min(max(random, 0), 1)
    begin(at: now)
    lastTick = self.now
    settle()
    sendProbes()
  }

  /// The path's link is ready: what is sent to the node arrives. Also when it is told again.
  ///
  /// - Parameters:
  ///   - path: Which.
  ///   - allowsBoth: Over WSS: whether the beacon takes frames over UDP from a node that is attached, as one that speaks
  ///     `pilot.v2` does.
  ///   - now: When.
  public mutating func up(_ path: PathID, allowsBoth: Bool = false, at now: MonotonicInstant) {
    guard begin(at: now, path), records[path.index].isOpen else { return }
    records[path.index].up(at: now)
    records[path.index].allowsBoth = allowsBoth
    if !records[path.index].isDatagrams || records[path.index].fault?.isOver == true { records[path.index].fault = nil }
    settle()
    if !records[path.index].isDatagrams { sendEcho(over: path) }
  }

  /// The path's link is not ready any more, or could not become it; also when it is told again.
  ///
  /// - Parameters:
  ///   - path: Which.
  ///   - reason: What its link's state says: ``PathSwitch/Reason/unanswered``, ``PathSwitch/Reason/unsendable(_:)``, or
  ///     ``PathSwitch/Reason/down``.
  ///   - now: When.
  public mutating func down(_ path: PathID, _ reason: PathSwitch.Reason, at now: MonotonicInstant) {
    guard begin(at: now, path), records[path.index].isOpen else { return }
    // What nobody reads isn't missing.
    if reason == .unanswered, !isRead { return }
    records[path.index].down()
    // A path that is taken again has its time to come up.
    if records[path.index].probation == nil { records[path.index].fault = records[path.index].fault ?? reason }
    settle()
  }

  /// Over UDP an answer has come from the beacon (DiscoverReply).
  ///
  /// Answers have no number. Each is counted for one probe, the latest that can have drawn it.
  ///
  /// - Returns: Whether a probe has waited for it. If not, or if the link waits for one as well, it is the link's.
  public mutating func answered(_ path: PathID, at now: MonotonicInstant) -> Bool {
    guard begin(at: now, path) else { return false }
    let missed = records[path.index].probing.misses
    guard records[path.index].probing.answered(at: now) else { return false }
    isAlive(path, after: missed)
    settle()
    return true
  }

  /// A frame of the node to itself has come back with this number, over this path: the one that it was sent on, or another
  /// one, which says only that it has reached the beacon.
  public mutating func echoed(_ number: UInt32, over path: PathID, at now: MonotonicInstant) {
    begin(at: now)
    guard let echo = echoes.take(number) else { return echoedLate(over: path) }
    if attempt?.path == echo.path { attempt?.isHeard = true }
    if echo.path == path {
      let missed = records[path.index].probing.misses
      records[path.index].probing.heard(after: echo.sentAt.duration(to: now))
      records[path.index].isChecked = false
      isAlive(path, after: missed)
    }
    settle()
  }

  /// A frame of the node to itself has come after all. Over a connection it waits behind others, and shows that they get through.
  private mutating func echoedLate(over path: PathID) {
    guard records.indices.contains(path.index), !records[path.index].isDatagrams else { return }
    let missed = records[path.index].probing.misses
    records[path.index].probing.heardLate()
    isAlive(path, after: missed)
    settle()
  }

  /// Over WSS the node has announced itself (a Discover): a beacon that takes one path at a time hears no other for half a
  /// minute.
  public mutating func announced(_ path: PathID, at now: MonotonicInstant) {
    guard begin(at: now, path) else { return }
    records[path.index].announced = now
  }

  /// What has gone over a path until now. Told for each path that carries, before each tick; for others now and then.
  public mutating func counted(_ path: PathID, _ traffic: PathTraffic, at now: MonotonicInstant) {
    guard records.indices.contains(path.index) else { return }
    records[path.index].count(traffic, at: now)
    if carriage.includes(path) {
      sentLength = records[path.index].load.sentLength ?? sentLength
      receivedLength = records[path.index].load.receivedLength ?? receivedLength
    }
  }

  /// ICMP has reported that nothing listens at the beacon's address, and quotes what was sent there.
  public mutating func reported(_ path: PathID, at now: MonotonicInstant) {
    guard begin(at: now, path), records[path.index].probing.reported() else { return }
    records[path.index].isUrgent = true
    settle()
  }

  /// The path's beacon sends the node away, since it is about to end or full, over a connection that nobody else can write to: another
  /// beacon's path is made ready, and taken as soon as it is. Unless the node has come here because another one has sent it away, just
  /// now: then it stays.
  ///
  /// - Parameters:
  ///   - path: Which.
  ///   - end: Until when it is to be avoided.
  ///   - now: When.
  public mutating func draining(_ path: PathID, until end: MonotonicInstant, at now: MonotonicInstant) {
    guard begin(at: now, path) else { return }
    if let current, path == current {
      if let sentAwayAt, sentAwayAt.duration(to: now) < Self.arrival { return }
    } else {
      // Whatever wanted it ready has come to nothing, and is tried again later each time.
      records[path.index].returning.failed(at: now)
    }
    records[path.index].leavingUntil = end
    settle()
  }

  /// The path's connection leads to another beacon now, or to the next one at the same place.
  public mutating func moved(_ path: PathID, at now: MonotonicInstant) {
    guard begin(at: now, path) else { return }
    records[path.index].leavingUntil = nil
    settle()
  }

  /// Somebody at the address of the path's beacon says that it is about to end, which anybody could who forges that address: the
  /// path is asked more often for so long, and another beacon's is made ready. Nothing moves because of it.
  ///
  /// - Parameters:
  ///   - path: Which.
  ///   - end: How long.
  ///   - now: When.
  public mutating func warned(_ path: PathID, until end: MonotonicInstant, at now: MonotonicInstant) {
    guard begin(at: now, path), !records[path.index].isWarned(at: now) else { return }
    records[path.index].warnedUntil = end
    records[path.index].isUrgent = true
    settle()
  }

  /// The transport did not take a frame for this reason, a user's, the link's, or one of an output. Only reasons that last
  /// matter here: `.unreachable` and `.system`.
  public mutating func refused(_ path: PathID, _ error: TransportError.Code, at now: MonotonicInstant) {
    guard begin(at: now, path), error == .unreachable || error == .system, records[path.index].isDatagrams else {
      return
    }
    guard records[path.index].isOpen, records[path.index].fault == nil else { return }
    records[path.index].fault = .unsendable(error)
    records[path.index].probing.forget()
    settle()
  }

  /// Whether the node's frames are read. While they aren't, nothing can be missed: no probe is sent, and none is judged.
  public mutating func reading(_ isReading: Bool, at now: MonotonicInstant) {
    begin(at: now)
    guard isReading != isRead else { return }
    isRead = isReading
    forgetProbes()
    settle()
  }

  /// The machine is on another network: addresses or routes have changed.
  ///
  /// - Parameters:
  ///   - verdict: What is remembered of it.
  ///   - now: The time.
  public mutating func networkChanged(to verdict: NetworkVerdict?, at now: MonotonicInstant) {
    begin(at: now)
    self.verdict = verdict
    reopen()
    settle()
  }

  /// The machine has slept.
  public mutating func resumed(at now: MonotonicInstant) {
    begin(at: now)
    reopen()
    settle()
  }

  @discardableResult
  mutating func begin(at time: MonotonicInstant, _ path: PathID? = nil) -> Bool {
    let isLate = nextDue.map { $0.duration(to: time) > Self.lateness } ?? false
    now = max(now, time)
    if isLate { reopen() }
    return path.map { records.indices.contains($0.index) } ?? true
  }
}
