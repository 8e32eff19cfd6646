import PilotTesting
import PilotTransport
import PilotWire
import Testing

@Suite("A simulated link")
struct LinkTests {
  private static let count = 2_000

  /// Sends numbered frames, a millisecond apart, and returns what arrives and when.
  private static func exchange(
    _ network: inout SimulatedNetwork, length: Int = 2
  ) throws -> [(number: Int, at: MonotonicInstant, took: Duration)] {
    let pair = Pair(&network)
    for number in 0..<count {
      let frame = [UInt8(number >> 8), UInt8(number & 0xFF)] + [UInt8](repeating: 0, count: length - 2)
      network.send(frame, from: pair.alice, to: .test(2), at: .at(.milliseconds(number)))
    }
    var arrivals: [(Int, MonotonicInstant, Duration)] = []
    while case .delivered(let delivery) = try network.step() {
      let number = Int(delivery.frame[0]) << 8 | Int(delivery.frame[1])
      arrivals.append((number, network.now, delivery.sentAt.duration(to: network.now)))
    }
    #expect(network.counters.isConserved)
    #expect(network.counters.inFlight == 0)
    return arrivals
  }

  @Test("delays by what it was told")
  func delay() throws {
    var network = SimulatedNetwork { $0.delay = .milliseconds(70) }
    let arrivals = try Self.exchange(&network)
    #expect(arrivals.map(\.number) == Array(0..<Self.count))
    #expect(arrivals.allSatisfy { $0.took == .milliseconds(70) })
  }

  @Test("jitters within its bounds, and keeps the order")
  func jitter() throws {
    var network = SimulatedNetwork {
      $0.delay = .milliseconds(10)
      $0.jitter = .milliseconds(50)
    }
    let arrivals = try Self.exchange(&network)
    #expect(arrivals.map(\.number) == Array(0..<Self.count))
    #expect(arrivals.allSatisfy { (.milliseconds(10)...(.milliseconds(60))).contains($0.took) })
    let times = Set(arrivals.map(\.took))
    #expect(times.count > 100)
  }

  /// Within five standard deviations of what is expected: the seed is fixed, so it holds once and for all.
  private static func isNear(_ found: Int, _ chance: Double) -> Bool {
    let expected = Double(count) * chance
    return abs(Double(found) - expected) < 5 * (expected * (1 - chance)).squareRoot() + 0.5
  }

  @Test("loses as often as it was told", arguments: [-1, 0, 0.01, 0.3, 1, 2])
  func loss(_ chance: Double) throws {
    var network = SimulatedNetwork { $0.loss = chance }
    let arrivals = try Self.exchange(&network)
    #expect(Self.isNear(Self.count - arrivals.count, min(max(chance, 0), 1)))
    #expect(network.counters.drops[.lost] == UInt64(Self.count - arrivals.count))
  }

  @Test("duplicates as often as it was told", arguments: [0, 0.2, 1])
  func duplication(_ chance: Double) throws {
    var network = SimulatedNetwork { $0.duplication = chance }
    let arrivals = try Self.exchange(&network)
    #expect(Self.isNear(arrivals.count - Self.count, chance))
    #expect(network.counters.duplicated == UInt64(arrivals.count - Self.count))
    #expect(Set(arrivals.map(\.number)).count == Self.count)
  }

  @Test("damages as often as it was told, one bit at a time", arguments: [0, 0.1, 1])
  func corruption(_ chance: Double) throws {
    var network = SimulatedNetwork { $0.corruption = chance }
    let sender = network.addHost(at: Endpoint(ipv4: 192, 0, 2, 1, port: 1))
    let receiver = network.addHost(at: Endpoint(ipv4: 192, 0, 2, 2, port: 2))
    let frame: [UInt8] = [0x55, 0, 0xFF]
    for _ in 0..<Self.count {
      network.send(frame, from: sender, to: network.endpoint(of: receiver), at: network.now)
    }
    var damaged = 0
    while case .delivered(let delivery)? = try network.step() {
      let flipped = zip(frame, delivery.frame).map { ($0 ^ $1).nonzeroBitCount }.reduce(0, +)
      #expect(flipped <= 1 && delivery.frame.count == frame.count)
      damaged += flipped
    }
    #expect(Self.isNear(damaged, chance))
    #expect(network.counters.corrupted == UInt64(damaged))
    network.send([], from: sender, to: network.endpoint(of: receiver), at: network.now)
    #expect(try network.step() != nil)
  }

  @Test("holds back as often as it was told, for as long as it was told", arguments: [0, 0.1, 1])
  func reordering(_ chance: Double) throws {
    var network = SimulatedNetwork {
      $0.reordering = chance
      $0.reorderingDelay = .milliseconds(5)
    }
    let arrivals = try Self.exchange(&network)
    #expect(Self.isNear(arrivals.count { $0.took == .milliseconds(5) }, chance))
    #expect(arrivals.allSatisfy { $0.took == .milliseconds(5) || $0.took == .zero })
    // When all are held back, none overtakes another.
    #expect((arrivals.map(\.number) == Array(0..<Self.count)) == (chance != 0.1))
  }

  @Test("lets nothing through that is longer than its MTU", arguments: [1_199, 1_200, 1_201])
  func mtu(_ length: Int) throws {
    var network = SimulatedNetwork { $0.mtu = 1_200 }
    let arrivals = try Self.exchange(&network, length: length)
    #expect(arrivals.count == (length <= 1_200 ? Self.count : 0))
    #expect(network.counters.drops[.exceedsMTU] == UInt64(Self.count - arrivals.count))
  }

  @Test("sends no faster than its bandwidth, and drops what finds no room in its queue")
  func bandwidth() throws {
    // 1,000 bytes a millisecond come, 500 go, and 20 datagrams wait.
    var network = SimulatedNetwork {
      $0.bandwidth = 500_000
      $0.queue = 20_000
    }
    let arrivals = try Self.exchange(&network, length: 1_000 - LinkConditions.datagramOverhead)
    let spaced = zip(arrivals, arrivals.dropFirst()).allSatisfy {
      $0.at.duration(to: $1.at) >= .milliseconds(2)
    }
    #expect(spaced)
    #expect(arrivals.map(\.number) == arrivals.map(\.number).sorted())
    #expect(arrivals.allSatisfy { $0.took >= .milliseconds(2) && $0.took <= .milliseconds(40) })
    #expect(abs(arrivals.count - Self.count / 2 - 20) < 3)
    #expect(network.counters.drops[.queueFull] == UInt64(Self.count - arrivals.count))
  }

  @Test("an uplink is one line for all that its host sends, pairs have their own")
  func uplink() throws {
    for isUplink in [true, false] {
      var network = SimulatedNetwork(seed: 1)
      let pair = Pair(&network)
      let carol = network.addHost(at: .test(3))
      var slow = LinkConditions()
      slow.bandwidth = 1_028
      network.setConditions(slow, from: isUplink ? pair.alice : nil)
      let frame = [UInt8](repeating: 0, count: 1_000)
      for destination in [.test(2), .test(3)] as [Endpoint] { network.send(frame, from: pair.alice, to: destination) }
      network.send([1], from: carol, to: .test(1))
      var times: [Host: MonotonicInstant] = [:]
      while case .delivered(let delivery) = try network.step() { times[delivery.host] = network.now }
      #expect(times[pair.bob] == .at(.seconds(1)))
      #expect(times[carol] == .at(.seconds(isUplink ? 2 : 1)))
      #expect((times[pair.alice] == .start) == isUplink)
    }
  }

  @Test("the most particular conditions hold: the pair's, the sender's, the receiver's, the common ones")
  func particular() throws {
    var network = SimulatedNetwork(seed: 1)
    let pair = Pair(&network)
    func delayed(_ milliseconds: Int) -> LinkConditions {
      var conditions = LinkConditions()
      conditions.delay = .milliseconds(milliseconds)
      return conditions
    }
    network.setConditions(delayed(4))
    network.setConditions(delayed(3), to: pair.bob)
    network.setConditions(delayed(2), from: pair.alice)
    network.setConditions(delayed(1), from: pair.alice, to: pair.bob)
    var delays: [Duration] = []
    func measure(_ network: inout SimulatedNetwork) throws {
      let begin = network.now
      network.send([], from: pair.alice, to: .test(2))
      #expect(try network.deliveries().count == 1)
      delays.append(begin.duration(to: network.now))
    }
    try measure(&network)
    network.setConditions(nil, from: pair.alice, to: pair.bob)
    try measure(&network)
    network.setConditions(nil, from: pair.alice)
    try measure(&network)
    network.setConditions(nil, to: pair.bob)
    try measure(&network)
    network.setConditions(nil)
    try measure(&network)
    #expect(delays == [1, 2, 3, 4, 0].map { .milliseconds($0) })
  }

  @Test("a cut works in one direction, and takes what is on its way")
  func cut() throws {
    var network = SimulatedNetwork { $0.delay = .milliseconds(10) }
    let pair = Pair(&network)
    network.send([1], from: pair.alice, to: .test(2))
    network.cut(from: pair.alice, to: pair.bob)
    network.send([2], from: pair.alice, to: .test(2))
    network.send([3], from: pair.bob, to: .test(1))
    #expect(try network.deliveries().map(\.frame) == [[3]])
    #expect(network.counters.drops[.cut] == 2)
    network.mend(from: pair.alice, to: pair.bob)
    network.send([4], from: pair.alice, to: .test(2))
    #expect(try network.deliveries().map(\.frame) == [[4]])
    network.cut(to: pair.bob)
    network.send([5], from: pair.alice, to: .test(2))
    network.send([6], from: pair.bob, to: .test(1))
    #expect(try network.deliveries().map(\.frame) == [[6]])
    network.cut()
    network.send([7], from: pair.bob, to: .test(1))
    #expect(try network.deliveries().isEmpty)
    #expect(network.counters.isConserved)
  }

  @Test("a partition parts both ways, and heals")
  func partition() throws {
    var network = SimulatedNetwork(seed: 1)
    let hosts = (1...4 as ClosedRange<UInt8>).map { network.addHost(at: .test($0)) }
    network.partition(hosts[0...1])
    network.partition([hosts[2]])
    func reached(_ network: inout SimulatedNetwork) throws -> [[Bool]] {
      try hosts.map { sender in
        try hosts.map { try network.probe(from: sender, to: network.endpoint(of: $0)) != nil }
      }
    }
    let parted = [
      [true, true, false, false], [true, true, false, false], [false, false, true, false], [false, false, false, true],
    ]
    #expect(try reached(&network) == parted)
    network.cut(from: hosts[0])
    network.heal()
    #expect(try reached(&network).allSatisfy { $0.allSatisfy { $0 } })
    #expect(network.counters.drops[.cut] == 10)
  }
}
