import PilotTransport
import PilotUDP
import PilotWire
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if os(Linux) && !CPILOT_UDP_PLAIN
  /// A path whose second link takes shorter packets than the first: 1,500 bytes, then 1,280. Scripts/check-networks lays it, runs
  /// this there, and says where it ends: each address for one test, since the kernel remembers what it has learned of it.
  @Suite(.enabled(if: NarrowPath.isThere), .timeLimit(.minutes(1)), .serialized)
  struct NarrowPathTests {
    @Test(arguments: [(Endpoint(ipv4: 10, 78, 1, 2, port: 9), true), (Endpoint(ipv4: 10, 78, 1, 3, port: 9), false)])
    func `IPv4`(_ destination: Endpoint, dualStack: Bool) async throws {
      try await learns(destination, first: 1_472, then: 1_252, dualStack: dualStack)
    }

    @Test(arguments: [(UInt64(2), true), (3, false)])
    func `IPv6`(_ last: UInt64, dualStack: Bool) async throws {
      let destination = Endpoint(high: 0xFD78_0001_0000_0000, low: last, port: 9)
      try await learns(destination, first: 1_452, then: 1_232, dualStack: dualStack)
    }

    private func learns(_ destination: Endpoint, first: Int, then: Int, dualStack: Bool) async throws {
      let transport = try Self.transport(.forbidden, dualStack ? nil : destination)
      let box = try HeldReceiver(transport)
      let reading = Task { try await box.next() }
      var events = transport.events.makeAsyncIterator()
      // The first link's own limit, which this machine knows.
      #expect(limit(of: first + 9, to: destination, from: transport) == first)
      #expect(await events.nextPathMTU()?.1 == PathMTU(bytes: 1_500))
      // It takes this much, and the router behind it doesn't.
      let frame = pattern(first)
      try transport.send(frame, to: destination)
      let told = await events.nextPathMTU()
      #expect(told?.0 == destination)
      #expect(told?.1 == PathMTU(bytes: 1_280))
      #expect(told?.2.isEmpty == false)
      #expect(told.map { frame.starts(with: $0.2) } == true)
      #expect(transport.pathMTU(to: destination) == PathMTU(bytes: 1_280))
      #expect(limit(of: then + 9, to: destination, from: transport) == then)
      let sent = transport.counters.framesSent
      try transport.send(pattern(then), to: destination)
      #expect(transport.counters.framesSent == sent + 1)
      try batch(transport, destination, tooLong: then + 1, fitting: then)
      // Who measures sends on.
      let prober = try Self.transport(.probing, dualStack ? nil : destination)
      try prober.send(frame, to: destination)
      #expect(limit(of: first + 9, to: destination, from: prober) == first)
      transport.close()
      await #expect(throws: TransportError.self) { try await reading.value }
    }

    /// Segments that are too long are no reason to send shorter ones one by one.
    private func batch(_ transport: UDPTransport, _ destination: Endpoint, tooLong: Int, fitting: Int) throws {
      let before = transport.counters
      var batch = FrameBatch()
      for length in [tooLong, fitting] {
        for index in 0..<20 { batch.add(pattern(length, seed: index), to: destination) }
      }
      try transport.send(batch, expecting: 40)
      #expect(transport.counters.framesSent == before.framesSent + 20)
      #expect(transport.counters.drops[.refusedByKernel] == before.drops[.refusedByKernel] + 20)
    }

    private static func transport(
      _ fragmentation: UDPTransport.Fragmentation, _ destination: Endpoint?
    ) throws -> UDPTransport {
      var configuration = UDPTransport.Configuration()
      configuration.fragmentation = fragmentation
      if destination?.isIPv4 == true { configuration.bindTo = Endpoint(ipv4: 0, 0, 0, 0, port: 0) }
      // An address of its own makes it a socket for IPv6 alone.
      if destination?.isIPv4 == false { configuration.bindTo = Endpoint(high: 0xFD78_0000_0000_0000, low: 2, port: 0) }
      return try UDPTransport.bind(configuration)
    }

    /// The limit that a frame of this length meets.
    private func limit(of length: Int, to destination: Endpoint, from transport: UDPTransport) -> Int? {
      code { () throws(TransportError) in try transport.send(pattern(length), to: destination) }?.frameLimit
    }
  }

  private enum NarrowPath {
    static var isThere: Bool { unsafe getenv("PILOT_NARROW_PATH") != nil }
  }

  extension TransportEvents.Iterator {
    fileprivate mutating func nextPathMTU() async -> (Endpoint, PathMTU, [UInt8])? {
      await next { event in
        guard case .pathMTU(let endpoint, let mtu, let quoted) = event else { return nil }
        return (endpoint, mtu, quoted.bytes.copied)
      }
    }
  }
#endif
