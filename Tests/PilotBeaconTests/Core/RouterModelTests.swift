import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Random events on a few nodes at a few places, against the plainest model of the rules.
struct RouterModelTests {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func agreesWithTheModel(seed: UInt64) throws {
    var run = ModelRun(seed: seed)
    for step in 0..<1500 {
      let event = try run.step()
      if let difference = run.difference {
        Issue.record("seed \(seed), step \(step), \(event): \(difference)")
        return
      }
    }
  }
}

/// Router and model side by side.
private struct ModelRun: ~Copyable {
  var harness: RouterHarness
  var model = RouterModel()
  var generator: SeededRandom
  var nextConnection: UInt64 = 1
  var difference: String?
  let key: PublicKey?

  init(seed: UInt64) {
    harness = RouterHarness(seed: seed)
    generator = SeededRandom(seed: seed)
    key = try? .test(1)
  }

  /// Does one random thing in both, and says what it was. Leaves what differs in `difference`.
  mutating func step() throws -> String {
    passTime()
    let now = harness.now.nanoseconds
    let node = anyNode()
    let ex = Bool.random(using: &generator)
    switch Int.random(in: 0..<20, using: &generator) {
    case 0..<7:
      let origin = anyOrigin(of: node)
      let hasKey = Bool.random(using: &generator)
      let action = harness.discover(node, from: origin, ex: ex, key: hasKey ? key : nil)
      compare(action, model.discover(node, from: origin, ex: ex, hasKey: hasKey, at: now))
      return "discover \(node) \(origin)"
    case 7..<14:
      let origin = anyOrigin(of: node)
      let destination = anyNode()
      let action = harness.relay(node, to: destination, from: origin)
      compare(action, model.relay(node, to: destination, from: origin, at: now))
      return "relay \(node) to \(destination) \(origin)"
    case 14:
      let connection = ConnectionID(rawValue: nextConnection)
      nextConnection += 1
      let replaced = harness.router.attach(node: node, connection: connection)
      compare(replaced, model.attach(node, connection))
      return "attach \(node) \(connection)"
    case 15, 16:
      let connection = anyConnection()
      compare(harness.router.detach(node: node, connection: connection), model.detach(node, connection))
      return "detach \(node) \(connection)"
    case 17, 18:
      let endpoint = anyEndpoint()
      var answers: Set<FrameOrigin> = []
      while let answer = harness.router.unreachable(endpoint, at: harness.now) { answers.insert(answer.origin) }
      compare(answers, model.unreachable(endpoint, at: now))
      return "unreachable \(endpoint)"
    default:
      return try prove(node, ex: ex)
    }
  }

  private mutating func prove(_ node: NodeID, ex: Bool) throws -> String {
    let endpoint = anyEndpoint()
    let age = Duration.seconds(Int.random(in: 0...31, using: &generator))
    let issued = harness.now.advanced(by: .zero - age)
    let stamp = ChallengeStamp(at: issued, wantsDestination: ex)
    let token = ChallengeToken(high: 0, low: 0)
    let signature = try Signature(bytes: [UInt8](repeating: 0, count: Signature.byteCount).span.raw)
    let proof = DiscoverProof(
      challenge: DiscoverChallenge(node: node, stamp: stamp, token: token), signature: signature)
    let action = harness.frame(proof.encoded(), from: .udp(endpoint))
    let isFresh = harness.now.nanoseconds - stamp.issuedAt.nanoseconds <= 30 * RouterModel.second
    compare(action, isFresh ? .verifyProof(from: endpoint) : .drop(.proofExpired))
    if isFresh {
      let answer = harness.router.proven(proof, from: endpoint, at: harness.now)
      let expected = model.proven(
        node, from: endpoint, issuedAt: stamp.issuedAt.nanoseconds, ex: ex, at: harness.now.nanoseconds)
      compare(answer != nil, expected)
    }
    return "prove \(node) \(endpoint) age \(age)"
  }

  private mutating func passTime() {
    let durations: [Duration] = [.zero, .nanoseconds(1), .milliseconds(300), .seconds(1), .seconds(20), .seconds(76)]
    let longer: Duration = Int.random(in: 0..<40, using: &generator) == 0 ? .seconds(600) : .zero
    let index = Int.random(in: 0..<30, using: &generator)
    harness.advance((index < durations.count ? durations[index] : .milliseconds(index)) + longer)
    if Bool.random(using: &generator) { harness.router.expire(at: harness.now, limit: 5) }
  }

  private mutating func anyNode() -> NodeID { .test(UInt32.random(in: 1...4, using: &generator)) }

  private mutating func anyEndpoint() -> Endpoint { .test(UInt32.random(in: 1...3, using: &generator)) }

  /// One of the last few, most of them replaced.
  private mutating func anyConnection() -> ConnectionID {
    ConnectionID(rawValue: nextConnection - min(nextConnection, UInt64.random(in: 1...6, using: &generator)))
  }

  /// Mostly UDP; over WSS mostly the node's own current connection.
  private mutating func anyOrigin(of node: NodeID) -> FrameOrigin {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0, 1, 2:
      .compat(model.peers[node]?.connection ?? anyConnection(), node)
    case 3: .compat(anyConnection(), anyNode())
    default: .udp(anyEndpoint())
    }
  }

  private mutating func compare<Value: Equatable>(_ found: Value, _ expected: Value) {
    if found != expected { difference = "found \(found), expected \(expected)" }
  }
}
