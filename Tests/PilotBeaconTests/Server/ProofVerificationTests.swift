import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// What a proof costs where frames are relayed, and that a key which changes meanwhile counts.
struct ProofVerificationTests {
  private let node = NodeID.test(7)
  private let home = Endpoint.test(1)

  @Test func noSignatureIsVerifiedWhereFramesAreRelayed() throws {
    let desk = try Desk(node)
    let challenge = try desk.challenge(at: home)
    try desk.hand(desk.proof(of: challenge), from: home)
    #expect(desk.verifications == 0)
    #expect(desk.jobs.count == 1)
    desk.verifyAll()
    #expect(desk.verifications == 1)
    #expect(desk.engine.statistics.proofs[.accepted] == 1)
  }

  @Test func aWrongKeyUsesUpNobodysChallenge() throws {
    let desk = try Desk(node)
    for _ in 0..<100 { try desk.hand(Discover(node: node, publicKey: .test(9)).encoded(), from: home) }
    #expect(desk.engine.statistics.challengesHeldBack == 0)
    for _ in 0..<100 { try desk.hand(Discover(node: node, publicKey: .test(1)).encoded(), from: home) }
    #expect(desk.engine.statistics.challengesHeldBack == 99)
  }

  @Test func aReplayedProofIsVerifiedOnce() throws {
    let desk = try Desk(node)
    let proof = desk.proof(of: try desk.challenge(at: home))
    for _ in 0..<100 { try desk.hand(proof, from: home) }
    desk.verifyAll()
    #expect(desk.verifications == 1)
    #expect(desk.engine.statistics.proofs[.repeated] == 99)
  }

  @Test func aForgedTokenNeverGetsAsFarAsTheSignature() throws {
    let desk = try Desk(node)
    let proof = desk.proof(of: try desk.challenge(at: home))
    for number in 2...100 as ClosedRange<UInt32> { try desk.hand(proof, from: .test(number)) }
    desk.verifyAll()
    #expect(desk.verifications == 0)
    #expect(desk.engine.statistics.proofs[.forged] == 99)
    try desk.hand(proof, from: home)
    desk.verifyAll()
    #expect(desk.engine.statistics.proofs[.accepted] == 1)
  }

  @Test func aProofForAnotherBeaconIsNeverVerified() throws {
    let desk = try Desk(node)
    let challenge = try desk.challenge(at: home)
    for port in 1...100 as ClosedRange<UInt16> {
      let name = try #require(BeaconName(host: "other.example", port: port))
      try desk.hand(FakeAuthenticator.proof(of: challenge, to: name, by: try .test(1)).encoded(), from: home)
    }
    desk.verifyAll()
    #expect(desk.verifications == 0)
    #expect(desk.engine.statistics.proofs[.wrongBeacon] == 100)
    try desk.hand(desk.proof(of: challenge), from: home)
    desk.verifyAll()
    #expect(desk.engine.statistics.proofs[.accepted] == 1)
  }

  @Test func whatTheQueueHasNoRoomForIsCounted() throws {
    let desk = try Desk(node)
    desk.isFull = true
    try desk.hand(desk.proof(of: try desk.challenge(at: home)), from: home)
    #expect(desk.engine.statistics.proofs[.limited] == 1)
    try desk.hand(Discover(node: .test(8)).encoded(), from: .test(8))
    try desk.hand(desk.request(.test(8), grantedBy: node), from: .test(8))
    #expect(desk.engine.statistics.grants[.limited] == 1)
  }

  @Test func aKeyThatChangesWhileItsProofIsVerifiedLeavesNothingProven() throws {
    let desk = try Desk(node)
    try desk.hand(desk.proof(of: try desk.challenge(at: home)), from: home)
    desk.changesKey = true
    desk.verifyAll()
    #expect(desk.engine.statistics.proofs[.accepted] == 1)
    #expect(desk.engine.statistics.revocations == 1)
    #expect(desk.engine.statistics.nodes == 0)
  }

  @Test func aNodeWhoseKeyIsToldToHaveChangedHasProvenNothing() throws {
    let desk = try Desk(node)
    try desk.hand(desk.proof(of: try desk.challenge(at: home)), from: home)
    desk.verifyAll()
    _ = desk.engine.revoke(.nodes([.test(8)]), by: StaticKeyDirectory([:]))
    #expect(desk.engine.statistics.nodes == 1)
    _ = desk.engine.revoke(.nodes([.test(8), node]), by: StaticKeyDirectory([:]))
    #expect(desk.engine.statistics.nodes == 0)
    #expect(desk.engine.statistics.revocations == 1)
  }

  @Test func whenAnyKeyMayHaveChangedNoProofCounts() throws {
    let desk = try Desk(node)
    try desk.hand(desk.proof(of: try desk.challenge(at: home)), from: home)
    desk.verifyAll()
    _ = desk.engine.revoke(.anything, by: StaticKeyDirectory([:]))
    #expect(desk.engine.statistics.revocations == 1)
  }

  @Test func onlyAGrantThatHoldsIsServed() throws {
    let desk = try Desk(node)
    try desk.hand(Discover(node: node).encoded(), from: home)
    // Two who ask, since each may once a second.
    for (requester, signer) in [(8, .test(8)), (9, node)] as [(UInt32, NodeID)] {
      try desk.hand(Discover(node: .test(requester)).encoded(), from: .test(requester))
      try desk.hand(desk.request(.test(requester), grantedBy: signer), from: .test(requester))
      desk.verifyAll()
    }
    #expect(desk.engine.statistics.punches[.submitted] == 2)
    #expect(desk.engine.statistics.grants[.refused] == 1)
    #expect(desk.engine.statistics.grants[.served] == 1)
  }
}

/// A relay whose signatures wait until the test verifies them, and are counted.
private final class Desk {
  let engine = RelayEngine(RouterConfiguration(), seed: 7)
  private let node: NodeID
  private let key: PublicKey
  private let authenticator: CountingAuthenticator
  private let waiting = Waiting()
  private let relay: FrameRelay
  private let now = MonotonicInstant.start.advanced(by: .seconds(100))

  init(_ node: NodeID) throws {
    self.node = node
    key = try .test(1)
    authenticator = CountingAuthenticator(FakeAuthenticator(keys: [node: key]))
    relay = FrameRelay(
      engine: engine, udp: try InMemoryNetwork().makeTransport(), authenticator: authenticator, totals: RelayTotals(),
      submit: waiting.submit)
  }

  var verifications: Int { authenticator.state.withLock { $0.verifications } }
  var jobs: [VerificationJob] { waiting.jobs.withLock { $0.waiting } }
  var isFull = false { didSet { waiting.jobs.withLock { $0.isFull = isFull } } }
  var changesKey = false { didSet { authenticator.state.withLock { $0.changesKey = changesKey } } }

  func challenge(at endpoint: Endpoint) throws -> DiscoverChallenge {
    try hand(Discover(node: node, publicKey: key).encoded(), from: endpoint)
    let stamp = ChallengeStamp(at: now, wantsDestination: false)
    return try #require(authenticator.challenge(node, offering: key, stamp: stamp, to: endpoint))
  }

  func proof(of challenge: DiscoverChallenge) -> [UInt8] {
    FakeAuthenticator.proof(of: challenge, by: key).encoded()
  }

  /// A request to punch to the node, with a grant that it has signed, or somebody else.
  func request(_ requester: NodeID, grantedBy signer: NodeID) throws -> [UInt8] {
    let text = PunchGrant.signedText(requester: requester, target: node, expiry: 1)
    let signature = FakeAuthenticator.signature(of: text, by: signer == node ? key : try .test(2))
    return PunchRequest(requester: requester, target: node, grant: PunchGrant(expiry: 1, signature: signature))
      .encoded()
  }

  func hand(_ frame: [UInt8], from source: Endpoint) throws {
    var batch = FrameBatch()
    let fitted = batch.append(frame.span.raw, to: source)
    try #require(fitted)
    // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
    unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: now)
    relay.flush()
  }

  func verifyAll() {
    for job in jobs { relay.verify(job, at: now) }
    waiting.jobs.withLock { $0.waiting = [] }
    relay.flush()
  }
}

private final class Waiting: Sendable {
  struct State {
    var waiting: [VerificationJob] = []
    var isFull = false
  }

  let jobs = Mutex(State())

  func submit(_ job: VerificationJob) -> Bool {
    jobs.withLock { state in
      if !state.isFull { state.waiting.append(job) }
      return !state.isFull
    }
  }
}

/// Counts what is expensive, and can change the key while that goes on.
private final class CountingAuthenticator: DiscoverAuthenticator {
  struct State {
    var verifications = 0
    var changesKey = false
    var isChanged = false
  }

  let state = Mutex(State())
  private let inner: FakeAuthenticator

  init(_ inner: FakeAuthenticator) {
    self.inner = inner
  }

  func knownKey(of node: NodeID) -> PublicKey? {
    state.withLock { $0.isChanged } ? nil : inner.knownKey(of: node)
  }

  func challenge(_ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint)
    -> DiscoverChallenge?
  {
    inner.challenge(node, offering: key, stamp: stamp, to: endpoint)
  }

  func fetchKey(of node: NodeID) { inner.fetchKey(of: node) }

  func hasMade(_ challenge: DiscoverChallenge, for endpoint: Endpoint) -> Bool {
    inner.hasMade(challenge, for: endpoint)
  }

  func isOwn(_ name: BeaconName, at local: LocalAddress) -> Bool { inner.isOwn(name, at: local) }

  func verifies(_ proof: DiscoverProof, by key: PublicKey) -> Bool {
    state.withLock { state in
      state.verifications += 1
      state.isChanged = state.changesKey
    }
    return inner.verifies(proof, by: key)
  }

  func verifiesGrant(of request: PunchRequest) -> Bool { inner.verifiesGrant(of: request) }

  func nonce(for probe: EndpointProbe) -> ChallengeToken { inner.nonce(for: probe) }
}
