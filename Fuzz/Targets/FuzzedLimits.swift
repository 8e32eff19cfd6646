import PilotBeacon
import PilotTransport
import PilotWire

/// What each source may have of a beacon, counted by what goes in and comes out.
struct FuzzedLimits {
  /// What a frame has led to.
  struct Effect {
    let before: RouterStatistics
    let after: RouterStatistics
    /// Datagrams that have left.
    let datagrams: Int
  }

  private struct NodeAt: Hashable {
    let node: NodeID
    let endpoint: Endpoint
  }

  private let begin: UInt64
  private var relays = TokenBuckets<SourceKey>(perSecond: FuzzedWorld.relayRate, burst: FuzzedWorld.relayRate)
  private var provenRelays = TokenBuckets<NodeID>(
    perSecond: 10 * FuzzedWorld.relayRate, burst: 10 * FuzzedWorld.relayRate)
  private var wssRelays = TokenBuckets<NodeID>(
    perSecond: 10 * FuzzedWorld.relayRate, burst: 10 * FuzzedWorld.relayRate)
  private var discovers = TokenBuckets<SourceKey>(
    perSecond: FuzzedWorld.discoversPerSource, burst: 2 * FuzzedWorld.discoversPerSource)
  private var punches = TokenBuckets<SourceKey>(perSecond: 1, burst: 1)
  private var verifications = TokenBuckets<SourceKey>(perSecond: 2, burst: 10)
  private var challenges = TokenBuckets<SourceKey>(perSecond: 10, burst: 10)
  private var nodeChallenges = TokenBuckets<NodeAt>(perSecond: 1, burst: 1)
  /// Each node that has proven to be at an endpoint is told once a second.
  private var notices = TokenBuckets<NodeAt>(perSecond: FuzzedNode.listed.count, burst: FuzzedNode.listed.count)
  private var probes = TokenBuckets<SourceKey>(perSecond: 3, burst: 3)
  /// Greetings are two a second and eight at once; each of three probes a second has three questions, over three seconds.
  private var questions = TokenBuckets<SourceKey>(
    perSecond: FuzzedWorld.greetingsPerAddress + 9, burst: 4 * FuzzedWorld.greetingsPerAddress + 36)
  private var punchCommands: TokenBucket

  /// Bytes of others' frames that endpoints of a source got without having answered, and bytes that came from there.
  private var unanswered: [SourceKey: Int] = [:]
  private var heard: [SourceKey: Int] = [:]
  private var answered: Set<Endpoint> = []
  private var questionCount: UInt64 = 0

  init(at now: MonotonicInstant) {
    begin = now.nanoseconds
    punchCommands = TokenBucket(perSecond: 20, burst: 20, at: now.nanoseconds)
  }

  // MARK: In

  /// Frames like this one have come over UDP.
  ///
  /// - Parameter isProven: Whether the sender that it names has proven where it is.
  mutating func received(
    _ frame: [UInt8], times: Int, from source: Endpoint, isProven: (NodeID) -> Bool, _ effect: Effect, at now: UInt64
  ) throws(Violation) {
    let key = SourceKey(source)
    heard[key, default: 0] += frame.count * times
    // Whether it was asked for doesn't matter here: who has answered may have been asked.
    if (try? Punch(parsing: frame.span.raw)) != nil || frame.first == BeaconMessageType.discoverProof.rawValue {
      answered.insert(source)
    }
    try checkRelays(frame, effect, at: now) { sender, cost in
      isProven(sender) ? provenRelays.take(sender, cost, at: now) : relays.take(key, cost, at: now)
    }
    try take(effect.after.discovers.total - effect.before.discovers.total, "Discovers of \(key)") {
      discovers.take(key, at: now)
    }
    let verified: (RouterStatistics) -> UInt64 = {
      $0.proofs[.accepted] + $0.proofs[.failed] + $0.proofs[.superseded]
    }
    try take(verified(effect.after) - verified(effect.before), "verifications for \(key)") {
      verifications.take(key, at: now)
    }
    try checkPunches(effect, of: key, at: now)
    guard effect.datagrams <= 6 * times else {
      throw Violation("\(effect.datagrams) datagrams for \(times) of \(frame)")
    }
  }

  /// Something has come over a node's connection, whose frames the beacon takes by a clock of its own.
  mutating func received(of node: NodeID, _ effect: Effect) throws(Violation) {
    let now = MonotonicInstant.now().nanoseconds
    try take(effect.after.relayed.total - effect.before.relayed.total, "relays of \(node)") {
      wssRelays.take(node, at: now)
    }
    try checkPunches(effect, of: SourceKey(node), at: now)
  }

  /// A node's connection has ended. What it has had relayed is forgotten with it.
  mutating func ended(_ node: NodeID) { wssRelays.refill(node) }

  private func checkRelays(
    _ frame: [UInt8], _ effect: Effect, at now: UInt64, _ take: (NodeID, Int) -> Bool
  ) throws(Violation) {
    let count = effect.after.relayed.total - effect.before.relayed.total
    guard count > 0 else { return }
    guard let relay = try? Relay(parsing: frame.span.raw) else { throw Violation("relayed: \(frame)") }
    let (sender, cost) = (relay.sender, max(1, (frame.count + 1_499) / 1_500))
    try self.take(count, "relays of \(sender)") { take(sender, cost) }
  }

  private mutating func checkPunches(_ effect: Effect, of key: SourceKey, at now: UInt64) throws(Violation) {
    let due: (RouterStatistics) -> UInt64 = { $0.punches[.served] + $0.punches[.submitted] }
    try take(due(effect.after) - due(effect.before), "requests to punch of \(key)") { punches.take(key, at: now) }
  }

  private func take(_ count: UInt64, _ what: String, _ take: () -> Bool) throws(Violation) {
    for _ in 0..<count where !take() { throw Violation("too many \(what)") }
  }

  // MARK: Out

  /// A datagram has left.
  mutating func sent(_ frame: [UInt8], to destination: Endpoint, at now: UInt64) throws(Violation) {
    let (key, bytes) = (SourceKey(destination), frame.span.raw)
    switch try? BeaconMessage(parsing: bytes) {
    case .discoverReply:
      guard EndpointProbe.Quote(bytes, to: destination) != nil else { return }
      guard probes.take(key, at: now) else { throw Violation("too many probes to \(destination)") }
    case .discoverChallenge(let challenge):
      let place = NodeAt(node: challenge.node, endpoint: destination)
      guard challenges.take(key, at: now), nodeChallenges.take(place, at: now) else {
        throw Violation("too many challenges to \(destination)")
      }
    case .punchCommand(let command) where FuzzedWorld.advertised.contains(command.endpoint):
      questionCount += 1
      guard questions.take(key, at: now) else { throw Violation("too many questions to \(destination)") }
    case .punchCommand:
      guard punchCommands.take(at: now) else { throw Violation("too many punch commands") }
    case .gone(let gone):
      guard notices.take(NodeAt(node: gone.destination, endpoint: destination), at: now) else {
        throw Violation("\(destination) was told too often that node \(gone.destination) isn't there")
      }
    case .relayDeliver, .relayDeliverDest:
      try deliver(frame, to: destination, at: now)
    default: break
    }
  }

  private mutating func deliver(_ frame: [UInt8], to destination: Endpoint, at now: UInt64) throws(Violation) {
    guard !answered.contains(destination), !destination.isThisMachine else { return }
    let key = SourceKey(destination)
    unanswered[key, default: 0] += frame.count
    let (got, hours) = (unanswered[key, default: 0], Int((now - begin) / 3_600_000_000_000))
    let credit = 65_536 + 4_096 * hours + 30 * heard[key, default: 0]
    guard got <= credit else {
      throw Violation("\(destination), which has never answered, was sent \(got) bytes, and \(credit) may be")
    }
  }

  /// Holds the beacon's own counts against what has left.
  func check(_ statistics: RouterStatistics) throws(Violation) {
    guard statistics.questions + statistics.greetings == questionCount else {
      throw Violation("\(questionCount) questions were sent: \(statistics)")
    }
    guard statistics.outputsDropped == 0 else { throw Violation("there was no room for an answer: \(statistics)") }
  }
}
