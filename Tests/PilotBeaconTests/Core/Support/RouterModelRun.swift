import PilotTransport
import PilotWire

@testable import PilotBeacon

/// Router and model side by side.
struct RouterModelRun: ~Copyable {
  private var harness: RouterHarness
  private var model: RouterModel
  private var nextConnection: UInt64 = 1
  private let key: PublicKey

  /// - Parameter asks: Whether the beacon knows its own address.
  init(seed: UInt64, asks: Bool) throws {
    var configuration = RouterModel.configuration
    // The model doesn't know these.
    (configuration.claimsPerAddress, configuration.greetingsPerAddress) = (1_000_000, 1_000_000)
    harness = RouterHarness(configuration, seed: seed, own: asks ? RouterHarness.asking : nil)
    model = RouterModel(asks: asks)
    key = try .test(1)
  }

  /// Does the same in both. Returns what differs.
  mutating func perform(_ event: RouterEvent) throws -> String? {
    harness.advance(event.after)
    if event.expires {
      // All of it: what has run out counts for its source until it is removed.
      harness.router.expire(at: harness.now, limit: 200)
      model.expire(at: harness.now.nanoseconds)
    }
    let now = harness.now.nanoseconds
    let (found, expected) = (harness.tick(), model.tick(at: now))
    if let difference = compare(found.map { "\($0)" }.sorted(), expected.map { "\($0)" }.sorted()) { return difference }
    switch event.action {
    case .discover(let node, let place, let ex, let hasKey):
      let origin = origin(place, of: node)
      return compare(
        harness.discover(node, from: origin, ex: ex, key: hasKey ? key : nil),
        model.discover(node, from: origin, ex: ex, hasKey: hasKey, at: now)) ?? compareAsked()
    case .relay(let node, let destination, let place):
      let origin = origin(place, of: node)
      return compare(
        harness.relay(node, to: destination, from: origin), model.relay(node, to: destination, from: origin, at: now))
        ?? compareAsked() ?? compare(harness.gone, model.gone)
    case .revoke(let node):
      // Whether one that has run out is still there is the table's business.
      harness.router.revoke(node)
      model.revoke(node)
      return nil
    case .revokeAll:
      harness.router.revokeAll()
      model.revokeAll()
      return nil
    case .sign(let endpoint):
      return compare(
        harness.frame(Punch().encoded(), from: .udp(endpoint)), model.sign(from: endpoint, at: now))
    case .attach(let node):
      let connection = ConnectionID(rawValue: nextConnection)
      nextConnection += 1
      // Every second one speaks `pilot.v2`.
      let isOwn = connection.rawValue.isMultiple(of: 2)
      return compare(
        harness.attach(node: node, connection: connection, isOwn: isOwn),
        model.attach(node, connection, isOwn: isOwn))
    case .detach(let node, let ago):
      let connection = connection(ago)
      return compare(harness.detach(node: node, connection: connection), model.detach(node, connection, at: now))
        ?? compare(harness.statistics.continuedOverUDP, model.handovers)
    case .unreachable(let endpoint):
      var answers: Set<Hop> = []
      for number in 1...4 as ClosedRange<UInt32> {
        if let answer = harness.unreachable(endpoint, .test(number)) { answers.insert(answer) }
      }
      return compare(answers, model.unreachable(endpoint, at: now))
    case .prove(let node, let endpoint, let age, let ex):
      return try prove(node, at: endpoint, age: age, ex: ex)
    }
  }

  private mutating func prove(_ node: NodeID, at endpoint: Endpoint, age: Duration, ex: Bool) throws -> String? {
    let now = harness.now
    let stamp = ChallengeStamp(at: now.advanced(by: .zero - age), wantsDestination: ex)
    let challenge = DiscoverChallenge(node: node, stamp: stamp, token: ChallengeToken(high: 0, low: 0))
    let signature = try Signature(bytes: [UInt8](repeating: 0, count: Signature.byteCount).span.raw)
    let proof = DiscoverProof(challenge: challenge, signature: signature, beacon: .test)
    let isFresh = now.nanoseconds - stamp.issuedAt.nanoseconds <= 30 * RouterModel.second
    let action = harness.frame(proof.encoded(), from: .udp(endpoint))
    if let difference = compare(
      action, isFresh ? .jobs([.checkToken(ProofJob(proof, from: endpoint))]) : .drop(.proofExpired))
    {
      return difference
    }
    guard isFresh else { return nil }
    return compare(
      harness.proven(proof, from: endpoint) != nil,
      model.proven(node, from: endpoint, issuedAt: stamp.issuedAt.nanoseconds, ex: ex, at: now.nanoseconds))
  }

  private func origin(_ origin: RouterEvent.Origin, of node: NodeID) -> FrameOrigin {
    switch origin {
    case .udp(let endpoint): .udp(endpoint)
    case .current(let ago): .wss(model.peers[node]?.connection ?? connection(ago), node)
    case .connection(let ago, let other): .wss(connection(ago), other)
    }
  }

  private func connection(_ ago: UInt64) -> ConnectionID {
    ConnectionID(rawValue: nextConnection - min(nextConnection, ago))
  }

  private func compareAsked() -> String? { compare(harness.asked, model.asked) }

  private func compare<Value: Equatable>(_ found: Value, _ expected: Value) -> String? {
    found == expected ? nil : "found \(found), expected \(expected)"
  }
}
