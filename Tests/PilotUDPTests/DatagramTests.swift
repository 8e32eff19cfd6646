import PilotTransport
import PilotUDP
import PilotWire
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DatagramTests {
  @Test(arguments: [0, 1, 2, 1200, 1472, 9000, 65_507])
  func `a frame keeps its length and bytes over IPv4`(length: Int) async throws {
    let sender = try UDPTransport.ipv4()
    let receiver = try UDPTransport.ipv4()
    let box = try HeldReceiver(receiver)
    try sender.send(pattern(length), to: receiver.localEndpoint)
    #expect(try await box.next() == Kept(bytes: pattern(length), source: sender.localEndpoint))
  }

  @Test(arguments: [0, 1, 1200, 65_507, 65_527])
  func `a frame keeps its length and bytes over IPv6`(length: Int) async throws {
    let sender = try UDPTransport.ipv6()
    let receiver = try UDPTransport.ipv6()
    let box = try HeldReceiver(receiver)
    try sender.send(pattern(length), to: receiver.localEndpoint)
    #expect(try await box.next() == Kept(bytes: pattern(length), source: sender.localEndpoint))
  }

  @Test func `a dual-stack socket speaks both, and shows IPv4 peers as such`() async throws {
    let dual = try UDPTransport.bind()
    let port = dual.localEndpoint.port
    let plain = try UDPTransport.ipv4()
    let six = try UDPTransport.ipv6()
    let (dualBox, plainBox, sixBox) = try (HeldReceiver(dual), HeldReceiver(plain), HeldReceiver(six))
    #expect(dual.maximumFrameLength == 65_527)
    #expect(plain.maximumFrameLength == 65_507)

    try plain.send([4], to: Endpoint(ipv4: 127, 0, 0, 1, port: port))
    #expect(try await dualBox.next() == Kept(bytes: [4], source: plain.localEndpoint))
    try six.send([6], to: Endpoint(high: 0, low: 1, port: port))
    #expect(try await dualBox.next() == Kept(bytes: [6], source: six.localEndpoint))

    try dual.send([14], to: plain.localEndpoint)
    let back = try await plainBox.next()
    #expect(back == Kept(bytes: [14], source: Endpoint(ipv4: 127, 0, 0, 1, port: port)))
    try dual.send([16], to: six.localEndpoint)
    #expect(try await sixBox.next() == Kept(bytes: [16], source: Endpoint(high: 0, low: 1, port: port)))
  }

  @Test func `a batch from a dual-stack socket reaches both families`() async throws {
    let dual = try UDPTransport.bind()
    let plain = try UDPTransport.ipv4()
    let six = try UDPTransport.ipv6()
    let (plainBox, sixBox) = try (HeldReceiver(plain), HeldReceiver(six))
    var batch = FrameBatch()
    for index in 0..<100 {
      batch.add(pattern(index, seed: 4), to: plain.localEndpoint)
      batch.add(pattern(index, seed: 6), to: six.localEndpoint)
    }
    try dual.send(batch, expecting: 200)
    let (fours, sixes) = try await (plainBox.next(100), sixBox.next(100))
    #expect(fours.map(\.bytes) == (0..<100).map { pattern($0, seed: 4) })
    #expect(sixes.map(\.bytes) == (0..<100).map { pattern($0, seed: 6) })
    #expect(Set(fours.map(\.source)) == [Endpoint(ipv4: 127, 0, 0, 1, port: dual.localEndpoint.port)])
  }

  @Test(arguments: [true, false], [true, false])
  func `a batch arrives frame by frame, in order, with and without offloads`(gso: Bool, gro: Bool) async throws {
    let sender = try UDPTransport.ipv4 { $0.sendSegmentation = gso }
    let receiver = try UDPTransport.ipv4 { $0.receiveCoalescing = gro }
    let box = try HeldReceiver(receiver)
    let other = try UDPTransport.ipv4()
    let otherBox = try HeldReceiver(other)
    var expected: [[UInt8]] = []
    var batch = FrameBatch(byteCapacity: 1 << 20)
    // Runs of one length, a shorter one at the end of a run, empty ones, and a change of destination within.
    let lengths = [Int](repeating: 1200, count: 150) + [7, 0, 0, 1200, 1200, 300, 300, 65_507, 1]
    for (index, length) in lengths.enumerated() {
      expected.append(pattern(length, seed: index))
      batch.add(pattern(length, seed: index), to: receiver.localEndpoint)
      if index == 75 { batch.add([9], to: other.localEndpoint) }
    }
    try sender.send(batch, expecting: expected.count + 1)
    let received = try await box.next(expected.count)
    #expect(received.map(\.bytes) == expected)
    #expect(Set(received.map(\.source)) == [sender.localEndpoint])
    #expect(try await otherBox.next().bytes == [9])
    #expect(sender.counters.framesSent == UInt64(expected.count + 1))
  }

  @Test(arguments: [true, false])
  func `equal frames from a dual-stack socket, to either family`(ipv4: Bool) async throws {
    let sender = try UDPTransport.bind()
    let receiver = ipv4 ? try UDPTransport.ipv4() : try UDPTransport.ipv6()
    let box = try HeldReceiver(receiver)
    var batch = FrameBatch()
    for index in 0..<200 { batch.add(pattern(1_000, seed: index), to: receiver.localEndpoint) }
    try sender.send(batch, expecting: 200)
    #expect(try await box.next(200).map(\.bytes) == (0..<200).map { pattern(1_000, seed: $0) })
    #expect(sender.counters.bytesSent == 200_000)
    #expect(receiver.counters.bytesReceived == 200_000)
  }

  @Test func `the batch form of receive lends what is there`() async throws {
    let sender = try UDPTransport.ipv4()
    let receiver = try UDPTransport.ipv4()
    let box = try HeldReceiver(receiver)
    for index in 0..<10 { try sender.send([UInt8(index)], to: receiver.localEndpoint) }
    var received: [Kept] = []
    while received.count < 10 { received += try await box.receive() }
    #expect(received.map(\.bytes) == (0..<10).map { [UInt8($0)] })
  }

  @Test func `an empty batch sends nothing`() throws {
    let sender = try UDPTransport.ipv4()
    try sender.send(FrameBatch(), expecting: 0)
  }
}
