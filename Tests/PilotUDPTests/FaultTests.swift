import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// What goes wrong in the network, and must not end anything.
@Suite(.timeLimit(.minutes(1)))
struct FaultTests {
  #if os(Linux) && !CPILOT_UDP_PLAIN
    @Test(arguments: [true, false])
    func `ICMP unreachable is an event, and receiving goes on`(dualStack: Bool) async throws {
      let transport = dualStack ? try UDPTransport.bind() : try UDPTransport.ipv4()
      let peer = try UDPTransport.ipv4()
      let dead = try deadEndpoint()
      let here = Endpoint(ipv4: 127, 0, 0, 1, port: transport.localEndpoint.port)
      let box = try HeldReceiver(transport)
      let waiting = Task { try await box.next() }
      try transport.send([1], to: dead)
      let reported = await transport.firstEvent { event -> (Endpoint, TransportError)? in
        guard case .unreachable(let endpoint, let reason, _) = event else { return nil }
        return (endpoint, reason)
      }
      #expect(reported?.0 == dead)
      #expect(reported?.1.code == .unreachable)
      #expect(transport.counters.unreachableReports == 1)
      try peer.send([2], to: here)
      #expect(try await waiting.value == Kept(bytes: [2], source: peer.localEndpoint))
    }

    @Test(arguments: [Endpoint(ipv4: 127, 0, 0, 1, port: 0), Endpoint(high: 0, low: 1, port: 0)], [true, false])
    func `an ICMP report quotes the frame that it is about, up to 64 bytes`(
      loopback: Endpoint, dualStack: Bool
    ) async throws {
      let transport = dualStack ? try UDPTransport.bind() : try UDPTransport.at(loopback)
      let gone = try UDPTransport.at(loopback)
      gone.close()
      let box = try HeldReceiver(transport)
      let waiting = Task { try await box.next() }
      var events = transport.events.makeAsyncIterator()
      for frame in [pattern(100, seed: 3), pattern(64, seed: 4), [1, 2, 3], []] {
        try transport.send(frame, to: gone.localEndpoint)
        let quoted = await events.next { event -> (Endpoint, [UInt8])? in
          guard case .unreachable(let endpoint, _, let quoted) = event else { return nil }
          return (endpoint, quoted.bytes.copied)
        }
        #expect(quoted?.0 == gone.localEndpoint)
        #expect(quoted?.1 == Array(frame.prefix(64)))
      }
      transport.close()
      await #expect(throws: TransportError.self) { try await waiting.value }
    }

    @Test func `an error that an earlier frame drew fails no later send`() async throws {
      let transport = try UDPTransport.bind()
      let peer = try UDPTransport.ipv4()
      let box = try HeldReceiver(peer)
      let dead = try deadEndpoint()
      // Nobody receives on the transport: the senders themselves meet the errors.
      for index in 0..<50 {
        try transport.send([0], to: dead)
        try transport.send([UInt8(index)], to: peer.localEndpoint)
      }
      #expect(try await box.next(50).map(\.bytes) == (0..<50).map { [UInt8($0)] })
      #expect(transport.counters.framesSent == 100)
      #expect(transport.counters.drops.outgoing == 0)
      #expect(transport.counters.unreachableReports > 0)
    }

    @Test func `a batch with dead destinations reaches the live ones`() async throws {
      let transport = try UDPTransport.bind()
      let peer = try UDPTransport.ipv4()
      let box = try HeldReceiver(peer)
      let dead = try deadEndpoint()
      var batch = FrameBatch()
      for index in 0..<200 {
        batch.add([0], to: dead)
        batch.add([UInt8(index)], to: peer.localEndpoint)
      }
      try transport.send(batch, expecting: 400)
      #expect(try await box.next(200).map(\.bytes) == (0..<200).map { [UInt8($0)] })
      #expect(transport.counters.framesSent == 400)
    }

    @Test func `a batch that the kernel can't cut up goes out frame by frame`() async throws {
      let descriptor = Sockets.make(.udp)
      #expect(Sockets.bindToLoopback(descriptor) == 0)
      #expect(Sockets.switchChecksumsOff(descriptor) == 0)
      let sender = try UDPTransport.adopt(descriptor: descriptor)
      let receiver = try UDPTransport.ipv4()
      let box = try HeldReceiver(receiver)
      var batch = FrameBatch()
      for index in 0..<150 { batch.add(pattern(1_000, seed: index), to: receiver.localEndpoint) }
      for _ in 0..<2 {
        try sender.send(batch, expecting: 150)
        #expect(try await box.next(150).map(\.bytes) == (0..<150).map { pattern(1_000, seed: $0) })
      }
      #expect(sender.counters.framesSent == 300)
      #expect(sender.counters.drops.outgoing == 0)
    }

    @Test func `a flood of ICMP leaves room for frames`() async throws {
      let transport = try UDPTransport.ipv4()
      let peer = try UDPTransport.ipv4()
      let dead = try deadEndpoint()
      let box = try HeldReceiver(transport)
      let flood = Task {
        while !Task.isCancelled {
          _ = try? transport.send([0], to: dead)
          await Task.yield()
        }
      }
      for index in 0..<200 {
        try peer.send([UInt8(index)], to: transport.localEndpoint)
        #expect(try await box.next().bytes == [UInt8(index)])
      }
      flood.cancel()
      await flood.value
    }

    @Test func `what the kernel drops for want of room is counted`() async throws {
      let sender = try UDPTransport.ipv4()
      let receiver = try UDPTransport.ipv4 { $0.receiveBufferBytes = 8_192 }
      let box = try HeldReceiver(receiver)
      for _ in 0..<2_000 { try sender.send(pattern(500), to: receiver.localEndpoint) }
      var received: UInt64 = 0
      while true {
        received += UInt64(try await box.receive().count)
        let accounted = received + receiver.counters.drops[.kernelBufferFull]
        if accounted >= sender.counters.framesSent { break }
        // What was dropped is told along with a datagram that is queued later.
        try sender.send([1], to: receiver.localEndpoint)
      }
      #expect(receiver.counters.drops[.kernelBufferFull] > 0)
      #expect(receiver.counters.framesReceived == received)
      #expect(received + receiver.counters.drops[.kernelBufferFull] == sender.counters.framesSent)
    }
  #endif

  @Test func `a datagram longer than the receive buffer is dropped and counted`() async throws {
    let sender = try UDPTransport.ipv4()
    let receiver = try UDPTransport.ipv4 { $0.receiveFrameLength = 100 }
    #expect(!receiver.offloads.coalescing)
    let box = try HeldReceiver(receiver)
    for length in [100, 101, 65_507, 5] { try sender.send(pattern(length), to: receiver.localEndpoint) }
    #expect(try await box.next(2).map(\.bytes) == [pattern(100), pattern(5)])
    #expect(receiver.counters.drops[.truncated] == 2)
    #expect(receiver.counters.framesReceived == 2)
  }

  @Test func `counters add up`() async throws {
    let sender = try UDPTransport.ipv4()
    let receiver = try UDPTransport.ipv4()
    let box = try HeldReceiver(receiver)
    var bytes = 0
    for length in [0, 1, 1200, 65_507] {
      try sender.send(pattern(length), to: receiver.localEndpoint)
      bytes += length
    }
    _ = try await box.next(4)
    var expected = TransportCounters()
    expected.framesSent = 4
    expected.bytesSent = UInt64(bytes)
    #expect(sender.counters == expected)
    expected = TransportCounters()
    expected.framesReceived = 4
    expected.bytesReceived = UInt64(bytes)
    #expect(receiver.counters == expected)
  }
}
