import PilotTesting
import NIOCore
import NIOEmbedded
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct ConnectionAdmissionTests {
  private let start = MonotonicInstant.start

  private func limits(_ adjust: (inout WSSLimits) -> Void) -> WSSLimits {
    var limits = WSSLimits()
    adjust(&limits)
    return limits
  }

  private func source(_ number: UInt8) -> Endpoint { Endpoint(ipv4: 192, 0, 2, number, port: 1) }

  @Test func `a newcomer gets in, and whose place it takes is told why`() throws {
    let admission = ConnectionAdmission(limits { ($0.maximumHandshakes, $0.handshakesPerSource) = (3, 2) })
    let told = Watched<[String]>([])
    let channels = (0..<5).map { _ in EmbeddedChannel() }
    for (index, number) in [1, 1, 2, 1, 3].enumerated() {
      let refusal = admission.accept(channels[index], from: source(UInt8(number)), at: start) { leave in
        told.update { $0.append("\(index) \(leave)") }
      }
      #expect(refusal == nil)
      for channel in channels { channel.embeddedEventLoop.run() }
    }
    // 0 went for the third of its source, 1 for one of another source.
    #expect(
      told.value == [
        "0 making(room: PilotWSS.HandshakeFailure.Reason.sourceFull)",
        "1 making(room: PilotWSS.HandshakeFailure.Reason.displaced)",
      ])
    #expect(admission.handshakes == 3)
    for channel in channels { _ = try channel.finish() }
    #expect(admission.openConnections == 0 && admission.handshakes == 0)
  }

  @Test func `the capacity is taken at authentication, and comes back`() throws {
    let admission = ConnectionAdmission(limits { $0.maximumConnections = 1 })
    let (first, second) = (EmbeddedChannel(), EmbeddedChannel())
    for channel in [first, second] { #expect(admission.accept(channel, from: source(1), at: start) { _ in } == nil) }
    #expect(admission.room() == .granted)
    #expect(admission.authenticate(first))
    #expect(!admission.authenticate(second) && admission.room() == .full)
    _ = try first.finish()
    #expect(admission.room() == .granted && admission.authenticate(second))
    admission.refuseNew()
    #expect(admission.room() == .draining)
  }

  @Test func `connections in any state are bounded together`() throws {
    let admission = ConnectionAdmission(WSSLimits(), maximumOpen: 1)
    let first = EmbeddedChannel()
    #expect(admission.accept(first, from: source(1), at: start) { _ in } == nil)
    #expect(admission.authenticate(first))
    #expect(admission.accept(EmbeddedChannel(), from: source(2), at: start) { _ in } == .noRoom)
    _ = try first.finish()
    #expect(admission.accept(EmbeddedChannel(), from: source(2), at: start) { _ in } == nil)
  }

  @Test func `a source that dials too often is turned away until time has passed`() {
    let admission = ConnectionAdmission(limits { ($0.dialsPerSource, $0.dialBurst) = (10, 3) })
    func dial(_ endpoint: Endpoint, after milliseconds: Int = 0) -> HandshakeFailure.Reason? {
      admission.accept(EmbeddedChannel(), from: endpoint, at: start.advanced(by: .milliseconds(milliseconds))) { _ in }
    }
    for _ in 0..<3 { #expect(dial(source(1)) == nil) }
    #expect(dial(source(1)) == .dialLimited)
    #expect(dial(source(2)) == nil)
    #expect(dial(source(1), after: 99) == .dialLimited)
    #expect(dial(source(1), after: 100) == nil)
  }

  @Test(arguments: [("127.0.0.1", true), ("::1", true), ("127.0.0.2", false), ("::2", false), ("192.0.2.1", false)])
  func `exactly this machine's two addresses have no share and no limit to dialling`(
    _ address: String, _ isExempt: Bool
  )
    throws
  {
    let endpoint = try Endpoint(address: address, port: 1)
    let sharing = ConnectionAdmission(limits { ($0.dialsPerSource, $0.handshakesPerSource) = (0, 1) })
    for _ in 0..<2 { #expect(sharing.accept(EmbeddedChannel(), from: endpoint, at: start) { _ in } == nil) }
    #expect(sharing.handshakes == (isExempt ? 2 : 1))
    let dialling = ConnectionAdmission(limits { $0.dialBurst = 1 })
    #expect(dialling.accept(EmbeddedChannel(), from: endpoint, at: start) { _ in } == nil)
    #expect(
      dialling.accept(EmbeddedChannel(), from: endpoint, at: start) { _ in } == (isExempt ? nil : .dialLimited))
  }

  @Test func `rules are asked first, of the client that a trusted proxy names`() throws {
    var rules = AddressRules()
    rules.allowed = AddressSet(try AddressList.blocks(in: "192.0.2.0/24"))
    rules.denied = AddressSet(try AddressList.blocks(in: "192.0.2.7"))
    rules.trustedProxies = AddressSet(try AddressList.blocks(in: "198.51.100.1"))
    let admission = ConnectionAdmission(
      limits { ($0.dialBurst, $0.handshakesPerSource) = (2, 1) }, policy: AddressPolicy(rules))
    func accept(_ channel: EmbeddedChannel, _ endpoint: Endpoint) -> HandshakeFailure.Reason? {
      admission.accept(channel, from: endpoint, at: start) { _ in }
    }
    for _ in 0..<5 { #expect(accept(EmbeddedChannel(), source(7)) == .denied) }
    #expect(accept(EmbeddedChannel(), Endpoint(ipv4: 198, 51, 100, 2, port: 1)) == .denied)
    #expect(accept(EmbeddedChannel(), source(1)) == nil)
    // Beyond share and burst: the proxy speaks for many.
    let proxied = (0..<5).map { _ in EmbeddedChannel() }
    for channel in proxied { #expect(accept(channel, Endpoint(ipv4: 198, 51, 100, 1, port: 1)) == nil) }
    #expect(admission.name(source(7), of: proxied[0], at: start) == .denied)
    for channel in proxied[1...2] { #expect(admission.name(source(8), of: channel, at: start) == nil) }
    #expect(admission.name(source(8), of: proxied[3], at: start) == .dialLimited)
    // One of the two that are named made room for the other.
    #expect(admission.handshakes == 5)
  }

  @Test(arguments: [(10_000, 1_024, 960), (100, 1_024, 100), (10_000, 1_048_576, 10_000), (10_000, 10, 1)])
  func `as many connections as configured, or as the descriptors are enough for`(
    configured: Int, descriptors: Int, connections: Int
  ) {
    var configuration = WSSListener.Configuration(address: .wssBeacon, unixTime: { 0 })
    configuration.limits.maximumConnections = configured
    #expect(configuration.fit(intoDescriptors: descriptors) == (connections < configured))
    #expect(configuration.limits.maximumConnections == connections)
    #expect(configuration.maximumOpen == max(descriptors - 64, 1))
  }

  @Test func `closing takes leave of those who talk, cuts off the others, and admits nobody`() async throws {
    let admission = ConnectionAdmission(WSSLimits())
    let (peer, handshaking) = (NIOAsyncTestingChannel(), NIOAsyncTestingChannel())
    let farewells = Counter()
    for channel in [peer, handshaking] {
      try await channel.testingEventLoop.executeInContext {
        let refusal = admission.accept(channel, from: self.source(1), at: self.start) { _ in channel.cutOff() }
        #expect(refusal == nil)
      }
    }
    #expect(admission.authenticate(peer))
    try await peer.testingEventLoop.executeInContext {
      admission.onLeave(of: peer) { _ in
        farewells.increment()
        peer.close(promise: nil)
      }
    }
    let closing = Task { await admission.closeAll() }
    while admission.openConnections > 0 {
      for channel in [peer, handshaking] { await channel.testingEventLoop.run() }
      await Task.yield()
    }
    await closing.value
    #expect(farewells.value == 1)
    #expect(admission.openConnections == 0)
    #expect(admission.room() == .draining)
  }
}
