import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What becomes of a turn's frames when the socket doesn't take all of them.
@Suite(.timeLimit(.minutes(1)))
struct FrameRelayTests {
  private let destination = NodeID.test(1)
  private let sender = NodeID.test(2)

  @Test func aFrameThatCannotGoIsDroppedAloneAndCounted() async throws {
    let relay = try RelayOverMemory(maximumFrameLength: 100)
    try relay.register(destination, at: relay.receiver.localEndpoint)
    try relay.register(sender, at: .test(9))
    let lengths = [1, 2, 200, 3, 200, 200, 4]
    try relay.hand(lengths.map { self.relay($0) }, from: .test(9))
    try #require(relay.totals.refusedByKernel == 3)
    #expect(try await relay.receivedPayloads(4) == [1, 2, 3, 4])
  }

  @Test func aFullSocketDropsWhatIsLeftAndCountsIt() async throws {
    let relay = try RelayOverMemory(maximumFrameLength: 100)
    try relay.register(destination, at: relay.receiver.localEndpoint)
    try relay.register(sender, at: .test(9))
    relay.socket.setSending(.limited(frames: 2))
    try relay.hand((1...5).map { self.relay($0) }, from: .test(9))
    #expect(relay.totals.refusedByKernel == 3)
    relay.socket.setSending(.open)
    try relay.hand([self.relay(6)], from: .test(9))
    try #require(relay.totals.refusedByKernel == 3)
    #expect(try await relay.receivedPayloads(3) == [1, 2, 6])
  }

  @Test func whoMayNotSpeakIsDroppedAndCountedAsSoonAsTheRulesSaySo() async throws {
    let policy = AddressPolicy()
    let relay = try RelayOverMemory(maximumFrameLength: 100, policy: policy)
    try relay.register(destination, at: relay.receiver.localEndpoint)
    try relay.register(sender, at: .test(9))
    try relay.hand([self.relay(1)], from: .test(9))
    var rules = AddressRules()
    rules.denied = AddressSet([try CIDRBlock(parsing: Endpoint.test(9).addressText)])
    policy.replace(with: rules)
    try relay.hand([self.relay(2), self.relay(3)], from: .test(9))
    #expect(relay.engine.statistics.drops[.denied] == 2)
    #expect(relay.engine.statistics.accountedFor == relay.engine.statistics.frames)
    policy.replace(with: AddressRules())
    try relay.hand([self.relay(4)], from: .test(9))
    #expect(try await relay.receivedPayloads(2) == [1, 4])
  }

  private func relay(_ length: Int) -> [UInt8] {
    let payload = [UInt8](repeating: 7, count: length)
    return Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
  }
}

/// A relay whose socket is a transport in memory, and the one destination that is on the same network.
private struct RelayOverMemory {
  let socket: InMemoryTransport
  let receiver: InMemoryTransport
  let totals = RelayTotals()
  let engine = RelayEngine(RouterConfiguration(), seed: 7)
  private let relay: FrameRelay

  init(maximumFrameLength: Int, policy: AddressPolicy = AddressPolicy()) throws {
    var configuration = InMemoryTransport.Configuration()
    configuration.maximumFrameLength = maximumFrameLength
    let network = InMemoryNetwork()
    socket = try network.makeTransport(configuration: configuration)
    receiver = try network.makeTransport()
    relay = FrameRelay(
      engine: engine, udp: socket, authenticator: FakeAuthenticator(keys: [:]), totals: totals, policy: policy,
      submit: { _ in false })
  }

  func register(_ node: NodeID, at endpoint: Endpoint) throws {
    try hand([Discover(node: node).encoded()], from: endpoint)
  }

  /// Hands frames over as a socket does, those of one turn.
  func hand(_ frames: [[UInt8]], from source: Endpoint) throws {
    var batch = FrameBatch()
    for frame in frames {
      let fitted = batch.append(frame.span.raw, to: source)
      try #require(fitted)
    }
    // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
    unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: .start)
    relay.flush()
  }

  /// The lengths of the next payloads.
  func receivedPayloads(_ count: Int) async throws -> [Int] {
    var receiver = try receiver.makeReceiver()
    var lengths: [Int] = []
    while lengths.count < count {
      let frame = try await receiver.next()
      if let delivery = try? RelayDeliver(parsing: frame.bytes) { lengths.append(delivery.payload.byteCount) }
    }
    return lengths
  }
}
