import Logging
import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire

extension HotPath {
  static let beacon: [HotPath] = [
    HotPath("beacon-decide-send") { count, stopwatch in try decideAndSend(count, &stopwatch) },
    HotPath("beacon-relay") { count, stopwatch in try await relay(perTurn: 1, count, &stopwatch) },
    HotPath("beacon-relay-batch") { count, stopwatch in try await relay(perTurn: 32, count, &stopwatch) },
  ]

  private static let perFlush = 32

  /// What a beacon does with a datagram between receiving and sending it, and the sending, to a socket that nobody reads.
  private static func decideAndSend(_ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let pair = try LoopbackPair()
    defer { pair.close() }
    let totals = RelayTotals()
    let relay = FrameRelay(
      engine: RelayEngine(configuration(advertised: pair.receiver.localEndpoint), seed: 1), udp: pair.sender,
      authenticator: NoAuthenticator(), totals: totals, submit: { _ in false })
    let node = try Samples.nodes(1)[0]
    try hand([Discover(node: node).encoded()], from: pair.receiver.localEndpoint, to: relay)
    try hand([Punch().encoded()], from: pair.receiver.localEndpoint, to: relay)
    let payload = [UInt8](repeating: 7, count: 1200)
    let frame = Relay(sender: node, destination: node, payload: payload.span.raw).encoded()
    let frames = Array(repeating: frame, count: perFlush)
    let datagrams = try batch(of: frames, with: pair.receiver.localEndpoint)
    stopwatch.start()
    for _ in 0..<max(1, count / perFlush) { hand(datagrams, to: relay) }
    stopwatch.stop()
    guard totals.refusedByKernel == 0 else { throw UnexpectedResult(what: "frames that the kernel refused") }
    return pair.sender.counters.framesSent
  }

  /// With a limit that is asked, and never reached.
  private static func configuration(advertised: Endpoint? = nil) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.relayRate = 1_000_000_000
    if let advertised { configuration.advertised = [advertised] }
    return configuration
  }

  private static func batch(of frames: [[UInt8]], with endpoint: Endpoint) throws -> FrameBatch {
    var batch = FrameBatch()
    for frame in frames where !batch.append(frame.span.raw, to: endpoint) {
      throw UnexpectedResult(what: "a full batch")
    }
    return batch
  }

  private static func hand(_ frames: [[UInt8]], from source: Endpoint, to relay: FrameRelay) throws {
    hand(try batch(of: frames, with: source), to: relay)
  }

  /// Hands datagrams over as a socket does.
  private static func hand(_ datagrams: borrowing FrameBatch, to relay: FrameRelay) {
    // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
    unsafe relay.relay(datagrams: LentFrames(runs: datagrams.runs, frames: datagrams.count), at: .start)
    relay.flush()
  }

  /// A whole beacon, over UDP, and a node that sends to itself: one turn after the other, so that the work is the same
  /// each time. The node's own work is in the figure, too.
  private static func relay(perTurn: Int, _ count: Int, _ stopwatch: inout Stopwatch) async throws -> UInt64 {
    var configuration = BeaconServer.Configuration()
    configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    configuration.router = self.configuration()
    let logger = Logger(label: "costs") { _ in SwiftLogNoOpLogHandler() }
    let server = try await BeaconServer.start(configuration, keys: StaticKeyDirectory([:]), logger: logger)
    async let serving: Void = server.run()
    do {
      let sum = try await relay(through: server.addresses.udp, perTurn: perTurn, count, &stopwatch)
      server.stop()
      try await serving
      return sum
    } catch {
      server.stop()
      try await serving
      throw error
    }
  }

  private static func relay(
    through beacon: Endpoint, perTurn: Int, _ count: Int, _ stopwatch: inout Stopwatch
  ) async throws -> UInt64 {
    var own = UDPTransport.Configuration()
    own.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    let transport = try UDPTransport.bind(own)
    defer { transport.close() }
    var receiver = try transport.makeReceiver()
    let node = try Samples.nodes(1)[0]
    let discover = Discover(node: node).encoded()
    let payload = [UInt8](repeating: 7, count: 1200)
    let frame = Relay(sender: node, destination: node, payload: payload.span.raw).encoded()
    var batch = FrameBatch()
    var sum: UInt64 = 0
    try await withTaskExecutorPreference(transport.executor) {
      try transport.send(discover.span.raw, to: beacon)
      _ = try await receiver.next()
      stopwatch.start()
      for _ in 0..<max(1, count / perTurn) {
        for _ in 0..<perTurn where !batch.append(frame.span.raw, to: beacon) {
          throw UnexpectedResult(what: "a full batch")
        }
        var missing = try transport.send(contentsOf: batch)
        batch.removeAll()
        while missing > 0 {
          missing -= try await receiver.receive { frame, _ throws(TransportError) in sum &+= UInt64(frame.byteCount) }
        }
      }
      stopwatch.stop()
    }
    return sum
  }
}

/// Knows no key, and believes no proof.
struct NoAuthenticator: DiscoverAuthenticator {
  func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge? { nil }

  func knownKey(of node: NodeID) -> PublicKey? { nil }

  func fetchKey(of node: NodeID) {}

  func hasMade(_ challenge: DiscoverChallenge, for endpoint: Endpoint) -> Bool { false }

  func isOwn(_ name: BeaconName, at local: LocalAddress) -> Bool { false }

  func verifies(_ proof: DiscoverProof, by key: PublicKey) -> Bool { false }

  func verifiesGrant(of request: PunchRequest) -> Bool { false }

  func nonce(for probe: EndpointProbe) -> ChallengeToken { ChallengeToken(high: 0, low: 0) }
}
