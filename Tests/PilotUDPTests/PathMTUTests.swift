import PilotTransport
import PilotWire
import Testing

@testable import PilotUDP

/// Frames that are longer than the path takes, where the path is loopback: 65,536 bytes a packet, which a frame over IPv6 can
/// exceed. Scripts/check-networks has real ones.
@Suite(.timeLimit(.minutes(1)))
struct PathMTUTests {
  #if os(Linux) && !CPILOT_UDP_PLAIN
    static let longest = 65_536 - 48

    @Test(arguments: [UDPTransport.Fragmentation.forbidden, .probing], [true, false])
    func `what isn't to be fragmented is refused with the limit, and told`(
      _ fragmentation: UDPTransport.Fragmentation, dualStack: Bool
    ) async throws {
      var configuration = UDPTransport.Configuration()
      configuration.fragmentation = fragmentation
      if !dualStack { configuration.bindTo = Endpoint(high: 0, low: 1, port: 0) }
      let transport = try UDPTransport.bind(configuration)
      #expect(transport.fragmentation == fragmentation)
      let peer = try UDPTransport.ipv6()
      let frame = pattern(Self.longest + 20)
      let refusal = code { () throws(TransportError) in try transport.send(frame, to: peer.localEndpoint) }
      try #require(refusal?.frameLimit == Self.longest)
      let told = await transport.firstEvent { event -> (Endpoint, PathMTU, Int)? in
        guard case .pathMTU(let endpoint, let mtu, let quoted) = event else { return nil }
        return (endpoint, mtu, quoted.count)
      }
      #expect(told?.0.high == 0 && told?.0.low == 1)
      #expect(told?.1 == PathMTU(bytes: 65_536))
      #expect(told?.2 == 0)
      #expect(transport.counters.pathMTUReports == 1)
      #expect(transport.counters.unreachableReports == 0)
      let box = try HeldReceiver(peer)
      try transport.send(Array(frame.prefix(Self.longest)), to: peer.localEndpoint)
      #expect(try await box.next().bytes.count == Self.longest)
    }

    @Test func `a frame of a batch that is too long holds up no other`() async throws {
      let transport = try UDPTransport.ipv6 { $0.fragmentation = .forbidden }
      let peer = try UDPTransport.ipv6()
      let box = try HeldReceiver(peer)
      var batch = FrameBatch()
      batch.add([1], to: peer.localEndpoint)
      batch.add(pattern(Self.longest + 1), to: peer.localEndpoint)
      batch.add([2, 2], to: peer.localEndpoint)
      try transport.send(batch, expecting: 3)
      #expect(try await box.next(2).map(\.bytes) == [[1], [2, 2]])
      #expect(transport.counters.framesSent == 2)
      #expect(transport.counters.drops[.refusedByKernel] == 1)
      // The kernel tells of a message's fault also when it has taken those before it, and then again when that message is tried.
      #expect((1...2).contains(transport.counters.pathMTUReports))
    }

    @Test func `what may be fragmented arrives`() async throws {
      let transport = try UDPTransport.ipv6()
      #expect(transport.fragmentation == .allowed)
      let peer = try UDPTransport.ipv6()
      let box = try HeldReceiver(peer)
      try transport.send(pattern(65_527), to: peer.localEndpoint)
      #expect(try await box.next().bytes == pattern(65_527))
      #expect(transport.counters.pathMTUReports == 0)
    }

    @Test func `the kernel is asked how long packets may be`() throws {
      let transport = try UDPTransport.bind()
      #expect(transport.pathMTU(to: Endpoint(ipv4: 127, 0, 0, 1, port: 9)) == PathMTU(bytes: 65_535))
      #expect(transport.pathMTU(to: Endpoint(high: 0, low: 1, port: 9)) == PathMTU(bytes: 65_536))
      // A source that this machine doesn't have has no path.
      let here = Endpoint(ipv4: 127, 0, 0, 1, port: 9)
      #expect(PathMTU(asking: here, from: Endpoint(ipv4: 192, 0, 2, 1, port: 0)) == nil)
      #expect(PathMTU(asking: here, from: Endpoint(ipv4: 127, 0, 0, 1, port: transport.localEndpoint.port)) != nil)
    }
  #endif

  @Test func `the same is told once a second, something else at once`() {
    let log = PathMTULog()
    let peer = Endpoint(ipv4: 192, 0, 2, 9, port: 1)
    let other = Endpoint(ipv4: 192, 0, 2, 10, port: 1)
    let start = MonotonicInstant(nanoseconds: 1 << 40)
    let narrow = PathMTU(bytes: 1_280)
    #expect(log.isWorthTelling(narrow, to: peer, at: start))
    #expect(!log.isWorthTelling(narrow, to: peer, at: start.advanced(by: .milliseconds(999))))
    let otherPort = Endpoint(ipv4: 192, 0, 2, 9, port: 2)
    #expect(!log.isWorthTelling(narrow, to: otherPort, at: start.advanced(by: .milliseconds(999))))
    #expect(log.isWorthTelling(narrow, to: other, at: start))
    #expect(log.isWorthTelling(PathMTU(bytes: 1_400), to: peer, at: start))
    #expect(log.isWorthTelling(PathMTU(bytes: 1_400), to: peer, at: start.advanced(by: .seconds(1))))
  }

  @Test func `whoever makes reports up can't push out other events`() {
    let log = PathMTULog()
    let start = MonotonicInstant(nanoseconds: 1 << 40)
    var told = 0
    for index in 0..<10_000 {
      let mtu = PathMTU(bytes: 1_280 + index)
      let peer = Endpoint(ipv4Address: UInt32(index), port: 1)
      if log.isWorthTelling(mtu, to: peer, at: start) { told += 1 }
    }
    #expect(told == 64)
    let later = start.advanced(by: .seconds(1))
    let more = (0..<100).count { log.isWorthTelling(PathMTU(bytes: 9_000 + $0), to: Self.peer, at: later) }
    #expect(more == 16)
  }

  private static let peer = Endpoint(ipv4: 192, 0, 2, 9, port: 1)
}
