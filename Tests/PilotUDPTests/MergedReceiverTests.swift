import PilotTesting
import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// A socket and a transport in memory, read as one.
@Suite(.timeLimit(.minutes(1)))
struct MergedReceiverTests {
  private let udp: UDPTransport
  private let udpPeer: UDPTransport
  private let other: InMemoryTransport
  private let otherPeer: InMemoryTransport

  init() throws {
    udp = try UDPTransport.ipv4()
    udpPeer = try UDPTransport.ipv4()
    let network = InMemoryNetwork()
    other = try network.makeTransport()
    otherPeer = try network.makeTransport()
  }

  private func merged() throws -> Receiver {
    let receiver = try udp.makeReceiver()
    return Receiver.merging(receiver, try other.makeReceiver())
  }

  private func send(_ frame: [UInt8], overUDP isUDP: Bool) throws {
    if isUDP {
      try udpPeer.send(frame, to: udp.localEndpoint)
    } else {
      try otherPeer.send(frame, to: other.localEndpoint)
    }
  }

  /// Whichever comes first wakes the reader, on the socket's thread and off it.
  @Test(arguments: [false, true])
  func `each wakes the reader, and frames say which one they come from`(isOnThread: Bool) async throws {
    try await withTaskExecutorPreference(isOnThread ? udp.executor : nil) {
      var receiver = try merged()
      for round in 0..<200 {
        let isUDP = round % 3 != 0
        let frame = [UInt8(round)]
        let sending = Task {
          if round % 2 == 0 { await Task.yield() }
          try send(frame, overUDP: isUDP)
        }
        let (bytes, source) = try await Self.next(of: &receiver)
        #expect(bytes == frame)
        #expect(source == (isUDP ? udpPeer.localEndpoint : otherPeer.localEndpoint))
        try await sending.value
      }
    }
  }

  private static func next(of receiver: inout Receiver) async throws(TransportError) -> ([UInt8], Endpoint) {
    let frame = try await receiver.next()
    return (frame.copiedBytes, frame.source)
  }

  @Test func `a socket that always has something doesn't starve the other, nor is it starved`() async throws {
    var receiver = try merged()
    var seen: [Endpoint: Int] = [:]
    // Each round gives both more than one turn lends, until both have had many turns.
    while (seen[udpPeer.localEndpoint] ?? 0) < 500 || (seen[otherPeer.localEndpoint] ?? 0) < 500 {
      for byte in 0..<20 as Range<UInt8> {
        try send([byte], overUDP: true)
        try send([byte], overUDP: false)
      }
      for _ in 0..<2 {
        try await receiver.receive { _, source in seen[source, default: 0] += 1 }
      }
    }
  }

  @Test(arguments: [false, true])
  func `closing one ends neither the receiver nor the other`(closesUDP: Bool) async throws {
    var receiver = try merged()
    let closing = Task {
      for _ in 0..<100 { await Task.yield() }
      if closesUDP { udp.close() } else { other.close() }
      try send([7], overUDP: !closesUDP)
    }
    #expect(try await Self.next(of: &receiver).0 == [7])
    try await closing.value
    let ending = Task {
      for _ in 0..<100 { await Task.yield() }
      if closesUDP { other.close() } else { udp.close() }
    }
    try await receiver.forEach { _ in }
    await ending.value
  }

  @Test func `an ICMP report is an event, and both are received from on`() async throws {
    let dead = try UDPTransport.ipv4()
    let gone = dead.localEndpoint
    dead.close()
    var receiver = try merged()
    for _ in 0..<10 {
      try? udp.send([0], to: gone)
      try send([1], overUDP: true)
      try send([2], overUDP: false)
      var bytes: [[UInt8]] = []
      while bytes.count < 2 { bytes.append(try await Self.next(of: &receiver).0) }
      #expect(Set(bytes) == [[1], [2]])
    }
  }
}
