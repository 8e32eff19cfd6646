import PilotTransport
import PilotUDP
import PilotWire
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AdoptionTests {
  @Test func `a bound descriptor is adopted, used and closed`() async throws {
    let descriptor = Sockets.make(.udp)
    #expect(Sockets.bindToLoopback(descriptor) == 0)
    let adopted = try UDPTransport.adopt(descriptor: descriptor)
    let peer = try UDPTransport.ipv4()
    let (adoptedBox, peerBox) = try (HeldReceiver(adopted), HeldReceiver(peer))
    #expect(adopted.localEndpoint.isIPv4)
    #expect(adopted.localEndpoint.port != 0)
    try adopted.send([1], to: peer.localEndpoint)
    #expect(try await peerBox.next() == Kept(bytes: [1], source: adopted.localEndpoint))
    try peer.send([2], to: adopted.localEndpoint)
    #expect(try await adoptedBox.next() == Kept(bytes: [2], source: peer.localEndpoint))
  }

  @Test func `what is no bound UDP socket is refused, and stays the caller's`() throws {
    let connected = Sockets.make(.udp)
    #expect(Sockets.connectToLoopback(connected, port: 9) == 0)
    let tcp = Sockets.make(.tcp)
    #expect(Sockets.bindToLoopback(tcp) == 0)
    let descriptors = [
      ("connected", connected), ("TCP", tcp), ("unix", Sockets.make(.unix)), ("unbound", Sockets.make(.udp)),
      ("unbound IPv6", Sockets.make(.udp, ipv6: true)),
    ]
    for (name, descriptor) in descriptors {
      let refusal = code { () throws(TransportError) in _ = try UDPTransport.adopt(descriptor: descriptor) }
      #expect(refusal == .invalidConfiguration, "\(name)")
      #expect(Sockets.isOpen(descriptor), "\(name)")
      Sockets.closeDescriptor(descriptor)
    }
    for descriptor: CInt in [-1, 1_000_000] {
      let refusal = code { () throws(TransportError) in _ = try UDPTransport.adopt(descriptor: descriptor) }
      #expect(refusal == .invalidConfiguration)
    }
  }

  @Test func `a socket that somebody else shuts down delivers no phantom frame`() async throws {
    let descriptor = Sockets.make(.udp)
    #expect(Sockets.bindToLoopback(descriptor) == 0)
    let adopted = try UDPTransport.adopt(descriptor: descriptor)
    let box = try HeldReceiver(adopted)
    let peer = try UDPTransport.ipv4()
    try peer.send([], to: adopted.localEndpoint)
    #expect(try await box.next() == Kept(bytes: [], source: peer.localEndpoint))
    let waiting = Task { await code { _ = try await box.next() } }
    Sockets.shutDown(descriptor)
    for _ in 0..<100 { await Task.yield() }
    adopted.close()
    #expect(await waiting.value == .closed)
    #expect(adopted.counters.framesReceived == 1)
  }

  @Test(arguments: [true, false])
  func `the reader of a socket that somebody else shuts down rests`(onlyReceiving: Bool) async throws {
    let descriptor = Sockets.make(.udp)
    #expect(Sockets.bindToLoopback(descriptor) == 0)
    let adopted = try UDPTransport.adopt(descriptor: descriptor)
    let box = try HeldReceiver(adopted)
    let waiting = Task(executorPreference: adopted.executor) { await code { _ = try await box.next() } }
    Sockets.shutDown(descriptor, onlyReceiving: onlyReceiving)
    let start = ContinuousClock.now
    let before = await Task(executorPreference: adopted.executor) { Sockets.threadTime }.value
    // Something takes a while meanwhile: another socket's frames to itself.
    let other = try UDPTransport.ipv4()
    let otherBox = try HeldReceiver(other)
    for _ in 0..<5_000 {
      try other.send([1], to: other.localEndpoint)
      _ = try await otherBox.next()
    }
    let busy = await Task(executorPreference: adopted.executor) { Sockets.threadTime }.value - before
    // Of a spinning thread's time this is a small part, and much for one that looks ten times a second.
    #expect(busy < start.duration(to: .now) / 20)
    adopted.close()
    #expect(await waiting.value == .closed)
  }
}
