import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// What a transport does not take. That nothing was sent shows in a later frame arriving first.
@Suite(.timeLimit(.minutes(1)))
struct RefusalTests {
  @Test func `a frame too large is refused with the destination's limit, and nothing is sent`() async throws {
    let dual = try UDPTransport.bind()
    let four = try UDPTransport.ipv4()
    let six = try UDPTransport.ipv6()
    for (peer, limit) in [(four, 65_507), (six, 65_527)] {
      let box = try HeldReceiver(peer)
      let refusal = code { () throws(TransportError) in try dual.send(pattern(limit + 1), to: peer.localEndpoint) }
      #expect(refusal == .frameTooLarge(limit: limit))
      try dual.send([1], to: peer.localEndpoint)
      #expect(try await box.next().bytes == [1])
    }
    #expect(dual.counters.framesSent == 2)
    #expect(dual.counters.drops.outgoing == 0)
  }

  @Test func `a batch stops before the frame that is too large`() async throws {
    let sender = try UDPTransport.ipv4()
    let receiver = try UDPTransport.ipv4()
    let box = try HeldReceiver(receiver)
    var batch = FrameBatch()
    for length in [10, 20, 65_508, 30] {
      batch.add(pattern(length), to: receiver.localEndpoint)
    }
    try sender.send(batch, expecting: 2)
    batch.removeFirst(2)
    do {
      _ = try sender.send(contentsOf: batch)
      Issue.record("the frame is too large")
    } catch {
      #expect(error.code == .frameTooLarge(limit: 65_507))
    }
    batch.removeFirst(1)
    try sender.send(batch, expecting: 1)
    #expect(try await box.next(3).map(\.bytes.count) == [10, 20, 30])
  }

  @Test func `destinations that can't be`() throws {
    let dual = try UDPTransport.bind()
    let four = try UDPTransport.ipv4()
    let six = try UDPTransport.ipv6()
    let cases: [(UDPTransport, Endpoint)] = [
      (dual, Endpoint(ipv4: 127, 0, 0, 1, port: 0)),
      (dual, Endpoint(ipv4: 0, 0, 0, 0, port: 9)),
      (dual, Endpoint(high: 0, low: 0, port: 9)),
      (four, Endpoint(high: 0, low: 1, port: 9)),
      (six, Endpoint(ipv4: 127, 0, 0, 1, port: 9)),
    ]
    for (transport, destination) in cases {
      let refusal = code { () throws(TransportError) in try transport.send([1], to: destination) }
      #expect(refusal == .invalidDestination, "\(transport.localEndpoint) to \(destination)")
      var batch = FrameBatch()
      batch.add([1], to: destination)
      do {
        _ = try transport.send(contentsOf: batch)
        Issue.record("can't send to \(destination)")
      } catch {
        #expect(error.code == .invalidDestination)
      }
      #expect(transport.counters == TransportCounters())
    }
  }

  @Test func `what the kernel refuses is told by its errno`() throws {
    let sender = try UDPTransport.bind()
    // EACCES without SO_BROADCAST, socket(7).
    #expect(throws: TransportError.self) {
      try sender.send([1], to: Endpoint(ipv4: 255, 255, 255, 255, port: 9))
    }
    do {
      try sender.send([1], to: Endpoint(ipv4: 255, 255, 255, 255, port: 9))
    } catch {
      #expect(error.code == .system)
      #expect("\(error)".contains("broadcast"))
      #expect("\(error)".contains("errno 13"))
    }
  }

  @Test(arguments: [1, 5, 200])
  func `a batch goes on behind a frame that the kernel refuses`(each: Int) async throws {
    let sender = try UDPTransport.bind()
    let receiver = try UDPTransport.ipv4()
    let box = try HeldReceiver(receiver)
    var batch = FrameBatch()
    for _ in 0..<3 {
      for index in 0..<each { batch.add(pattern(100, seed: index), to: receiver.localEndpoint) }
      batch.add([1], to: Endpoint(ipv4: 255, 255, 255, 255, port: 9))
    }
    try sender.send(batch, expecting: 3 * each + 3)
    let received = try await box.next(3 * each)
    #expect(received.map(\.bytes) == (0..<3 * each).map { pattern(100, seed: $0 % each) })
    #expect(sender.counters.framesSent == UInt64(3 * each))
    #expect(sender.counters.drops[.refusedByKernel] == 3)
  }

  @Test func `bad configurations`() throws {
    var configuration = UDPTransport.Configuration()
    configuration.receiveBufferBytes = 0
    #expect(code { () throws(TransportError) in _ = try UDPTransport.bind(configuration) } == .invalidConfiguration)
    configuration = UDPTransport.Configuration()
    configuration.receiveFrameLength = 65_536
    #expect(code { () throws(TransportError) in _ = try UDPTransport.bind(configuration) } == .invalidConfiguration)
  }

  @Test func `an address in use, and one that isn't here`() throws {
    let first = try UDPTransport.ipv4()
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = first.localEndpoint
    #expect(code { () throws(TransportError) in _ = try UDPTransport.bind(configuration) } == .bindFailed)
    configuration.bindTo = Endpoint(ipv4: 192, 0, 2, 77, port: 0)
    #expect(code { () throws(TransportError) in _ = try UDPTransport.bind(configuration) } == .bindFailed)
  }

  @Test func `sockets that share a port`() throws {
    let first = try UDPTransport.ipv4 { $0.sharesPort = true }
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = first.localEndpoint
    configuration.sharesPort = true
    #expect(try UDPTransport.bind(configuration).localEndpoint == first.localEndpoint)
  }
}
