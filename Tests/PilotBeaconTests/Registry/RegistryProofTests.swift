import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// A node that speaks UDP only, at a beacon whose keys come from a registry.
@Suite("Proofs with keys of a registry", .timeLimit(.minutes(1)))
struct RegistryProofTests {
  @Test("The first Discover has the key fetched, the next one draws the challenge, and the proof holds")
  func proof() async throws {
    let identity = Identity()
    let node = NodeID.test(7)
    let registry = try await FakeRegistry.start {
      #"{"type":"lookup_ok","node_id":7,"public_key":"\#(identity.publicKey.base64)"}"#
    }
    let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port)
    let network = InMemoryNetwork()
    let (socket, peer) = (try network.makeTransport(), try network.makeTransport())
    let jobs = Mutex<[VerificationJob]>([])
    let engine = RelayEngine(RouterConfiguration(), seed: 7)
    let relay = FrameRelay(
      engine: engine, udp: socket,
      authenticator: KeyedDiscoverAuthenticator(
        keys: directory, unixTime: { 0 }, isOwnName: { name, _ in name == .test }),
      totals: RelayTotals(),
      submit: { job in
        jobs.withLock { $0.append(job) }
        return true
      })
    var receiver = try peer.makeReceiver()
    var now = MonotonicInstant.start.advanced(by: .seconds(100))
    func hand(_ frame: [UInt8]) throws {
      var batch = FrameBatch()
      let fitted = batch.append(frame, to: peer.localEndpoint)
      try #require(fitted)
      // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
      unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: now)
      relay.flush()
    }

    let discover = Discover(node: node, publicKey: identity.publicKey).encoded()
    try hand(discover)
    while directory.cachedPublicKey(of: node) == nil {
      try Task.checkCancellation()
      await Task.yield()
    }
    now = now.advanced(by: .seconds(1))
    try hand(discover)
    var types: [UInt8] = []
    var challenge: DiscoverChallenge?
    while challenge == nil {
      let frame = try await receiver.next()
      types.append(frame.bytes.byte(at: 0))
      challenge = try? DiscoverChallenge(parsing: frame.bytes)
    }
    #expect(types == [0x02, 0x02, 0x0B])
    let asked = try #require(challenge)
    try hand(try identity.proof(of: asked, dialling: .test).encoded())
    for job in jobs.withLock({ $0 }) { relay.verify(job, at: now) }
    #expect(engine.statistics.proofs[.accepted] == 1)
    #expect(registry.requests.count == 1)
    try await registry.close()
  }
}
