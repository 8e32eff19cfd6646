package import PilotTransport
package import PilotWire

/// Which way the frames to one peer go: by the relay or directly. A value without clock, socket or random source.
///
/// The relay carries from the beginning, and a direct path is looked for beside it: both sides tell each other their addresses
/// in sealed frames by the relay, the beacon is asked to have them punch, and each address gets a few probes. It is taken when
/// a probe has come back from there, and left when probes stay unanswered. See <doc:DirectPaths>.
///
/// Whoever drives it tells it what happens, then the time if its ``deadline`` has come, and takes its outputs until there are
/// none.
package struct DirectPath: Sendable {
  /// What the driver is to do.
  package enum Output: Hashable, Sendable {
    /// Ask the beacon to have both sides punch (PunchRequest, without a grant). What it commands is told by
    /// ``DirectPath/punchCommanded(to:at:)``.
    case requestPunch
    /// Seal a path probe with this payload, and send it this way and no other. Its coming back is told by
    /// ``DirectPath/echoed(_:by:at:)``.
    case probe(ProbePayload, by: TunnelRoute)
    /// Tell whoever uses the session. ``DirectPath/route`` is the new one already.
    case switched(DirectSwitch)
  }

  /// A try to get through.
  struct Attempt: Sendable {
    let began: MonotonicInstant
    /// How often the peer was called.
    var calls = 0
    /// When it is to be called again; nil when it has answered, or enough.
    var nextCall: MonotonicInstant?
    /// When the beacon is to be asked; nil when it was, or isn't to be.
    var nextRequest: MonotonicInstant?
  }

  /// The peer.
  package let peer: NodeID
  /// What became of the tries.
  package internal(set) var counters = DirectCounters()
  let configuration: Configuration
  var surroundings: Surroundings
  /// The address in use; nil on the relay.
  var use: DirectUse?
  var candidates = CandidateList()
  var attempt: Attempt?
  var backoff: Backoff
  /// When a direct path was taken from the relay; nil on the relay.
  var directSince: MonotonicInstant?
  /// No try before this.
  var nextAttempt: MonotonicInstant
  /// After a direct path was left: none is taken, nor any address probed, before this.
  var heldUntil: MonotonicInstant?
  /// When the last try began.
  var lastAttempt: MonotonicInstant?
  /// Whether another try is wanted: a user has sent something by the relay since the last one, or the network has changed.
  var isWanted = false
  var lastSent: MonotonicInstant?
  var lastRequest: MonotonicInstant?
  var lastCall: MonotonicInstant?
  /// When the peer was last heard calling or answering a call; nil if it never has, as one that knows of none.
  var lastHeardCall: MonotonicInstant?
  /// Whether the peer has called, and waits for an answer.
  var owesAnswer = false
  /// Probes to addresses that haven't answered: what one peer can have sent.
  var pace = RateLimit(perSecond: 6, burst: 32)
  /// The latest time that was told.
  var now: MonotonicInstant
  private var outputs: [Output] = []
  private var firstOutput = 0

  /// A peer with a session, by the relay so far.
  ///
  /// - Parameters:
  ///   - peer: The peer.
  ///   - surroundings: What is known of the network.
  ///   - configuration: The times and limits.
  ///   - now: The time.
  package init(
    to peer: NodeID, in surroundings: Surroundings, _ configuration: Configuration = Configuration(),
    at now: MonotonicInstant
  ) {
    self.peer = peer
    self.surroundings = surroundings
    self.configuration = configuration
    backoff = Backoff(configuration.backoff)
    (nextAttempt, self.now) = (now, now)
  }

  /// Which way the peer's frames go.
  package var route: TunnelRoute { use.map { .direct($0.endpoint) } ?? .relay }

  /// Whether each frame is to be sent by the relay as well: the direct path is in use, and an answer is missing.
  package var isDoubted: Bool { use?.isDoubted ?? false }

  /// How long an echo takes directly, smoothed; nil on the relay.
  package var roundTrip: Duration? { use?.roundTrip.smoothed }

  /// When to call ``tick(at:spending:using:)`` next; in the past if it is due. Nil if only an event makes something due.
  package var deadline: MonotonicInstant? {
    guard surroundings.hasDatagrams else { return nil }
    var due = candidates.deadline.map { max($0, heldUntil ?? $0) }
    func add(_ instant: MonotonicInstant?) {
      if let instant { due = due.map { min($0, instant) } ?? instant }
    }
    add(use?.deadline(lastSent, configuration))
    if let attempt {
      add(attempt.nextCall)
      add(attempt.nextRequest)
      add(attempt.began.advanced(by: configuration.attempt))
    } else if isWanted {
      add(nextAttempt)
    }
    if owesAnswer { add(now) }
    return due
  }

  /// The next thing to do; nil if there is none.
  package mutating func nextOutput() -> Output? {
    guard firstOutput < outputs.count else {
      outputs.removeAll(keepingCapacity: false)
      firstOutput = 0
      return nil
    }
    defer { firstOutput += 1 }
    return outputs[firstOutput]
  }

  /// Whether a user has sent something of late.
  var isOfInterest: Bool { lastSent.map { $0.duration(to: now) <= configuration.interest } ?? false }

  mutating func put(_ output: Output) { outputs.append(output) }
}
