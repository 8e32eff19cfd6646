import PilotTesting
import PilotTransport
import PilotWire
import Testing

@Suite("SimulatedNetwork")
struct SimulatedNetworkTests {
  @Test("delivers at once and in order where nothing is in the way")
  func perfect() throws {
    var network = SimulatedNetwork(seed: 1)
    let pair = Pair(&network)
    for byte in 0..<100 as Range<UInt8> { network.send([byte], from: pair.alice, to: .test(2)) }
    let deliveries = try network.deliveries()
    #expect(deliveries.map(\.frame) == (0..<100).map { [$0] })
    #expect(deliveries.allSatisfy { $0.host == pair.bob && $0.source == .test(1) && $0.sentAt == .start })
    #expect(network.now == .start)
    #expect(network.counters.delivered == 100)
    #expect(network.counters.isConserved)
  }

  @Test("steps from event to event, timers among them, and no further than asked")
  func steps() throws {
    var network = SimulatedNetwork { $0.delay = .milliseconds(20) }
    let pair = Pair(&network)
    network.setTimer(3, at: .at(.milliseconds(30)))
    network.setTimer(1, at: .at(.milliseconds(10)))
    network.send([9], from: pair.alice, to: .test(2))
    #expect(network.nextDue == .at(.milliseconds(10)))
    #expect(try network.step() == .timer(1))
    #expect(network.counters.inFlight == 1)
    #expect(try network.step(until: .at(.milliseconds(19))) == nil)
    #expect(network.now == .at(.milliseconds(19)))
    let delivery = try #require(try network.deliveries(until: .at(.milliseconds(25))).first)
    #expect(delivery.frame == [9])
    #expect(network.now == .at(.milliseconds(25)))
    #expect(try network.step() == .timer(3))
    #expect(try network.step() == nil)
    #expect(network.now == .at(.milliseconds(30)))
    network.setTimer(4, at: .start)
    #expect(try network.step() == .timer(4))
    #expect(network.now == .at(.milliseconds(30)))
  }

  @Test("what happens at one time happens in the order of the calls")
  func ties() throws {
    var network = SimulatedNetwork(seed: 1)
    for number in 0..<500 as Range<UInt64> { network.setTimer(number, at: .at(.seconds(number % 2))) }
    var fired: [UInt64] = []
    while case .timer(let number) = try network.step() { fired.append(number) }
    #expect(fired == Array(stride(from: 0, to: 500, by: 2)) + Array(stride(from: 1, to: 500, by: 2)))
  }

  @Test("ends a livelock with an error")
  func livelock() throws {
    var network = SimulatedNetwork(seed: 1, eventLimit: 1_000)
    let pair = Pair(&network)
    network.send([1], from: pair.alice, to: .test(2))
    let error = #expect(throws: SimulationLivelock.self) {
      while case .delivered(let delivery) = try network.step() {
        network.send(delivery.frame, from: delivery.host, to: delivery.source)
      }
    }
    #expect(error?.events == 1_000)
    #expect(error?.description == "no end after 1000 events, 0.0 seconds after the start")
  }

  @Test("tells the sender of a destination that is closed, and of none that never was")
  func closed() throws {
    var network = SimulatedNetwork { $0.delay = .milliseconds(5) }
    let pair = Pair(&network)
    network.close(pair.bob)
    network.send([1], from: pair.alice, to: .test(2))
    network.send([1], from: pair.alice, to: .test(3))
    network.send([1], from: pair.bob, to: .test(1))
    let quoted = unsafe QuotedDatagram(([1] as [UInt8]).span.bytes)
    #expect(try network.step() == .unreachable(pair.alice, destination: .test(2), quoted: quoted))
    #expect(network.now == .at(.milliseconds(10)))
    #expect(try network.step() == nil)
    let drops = network.counters.drops
    #expect([drops[.portClosed], drops[.noRoute], drops[.senderClosed]] == [1, 1, 1])
    #expect(network.counters.unreachableReports == 1)
    network.reopen(pair.bob)
    #expect(try network.probe(from: pair.alice, to: .test(2)) == nil)
    #expect(try network.deliveries().count == 1)
  }

  @Test("tells nothing over a link that tells nothing, or is cut on the way back")
  func silent() throws {
    var network = SimulatedNetwork { $0.reportsUnreachable = false }
    let pair = Pair(&network)
    network.close(pair.bob)
    network.send([1], from: pair.alice, to: .test(2))
    #expect(try network.step() == nil)
    network.setConditions(nil)
    network.cut(from: pair.bob)
    network.send([1], from: pair.alice, to: .test(2))
    #expect(try network.step() == nil)
    #expect(network.counters.drops[.portClosed] == 2)
    #expect(network.counters.unreachableReports == 0)
  }

  @Test("a host that moves is found at the new place alone")
  func moves() throws {
    var network = SimulatedNetwork { $0.delay = .milliseconds(5) }
    let pair = Pair(&network)
    network.send([1], from: pair.alice, to: .test(2))
    network.move(pair.bob, to: .test(3))
    network.send([2], from: pair.alice, to: .test(2))
    network.send([3], from: pair.alice, to: .test(3))
    network.send([4], from: pair.bob, to: .test(1))
    let deliveries = try network.deliveries()
    #expect(deliveries.map(\.frame) == [[3], [4]])
    #expect(deliveries.last?.source == .test(3))
    #expect(network.counters.drops[.noRoute] == 2)
  }

  /// Everything that chance decides, on three hosts.
  private static func run(seed: UInt64, _ network: inout SimulatedNetwork) throws -> [String] {
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(10)
    conditions.jitter = .milliseconds(30)
    (conditions.loss, conditions.duplication, conditions.reordering) = (0.2, 0.2, 0.2)
    network.setConditions(conditions)
    let nat = network.addNAT(.symmetric, at: .test(9))
    let hosts = [network.addHost(at: .test(1)), network.addHost(at: .inside(1), behind: nat)]
    for byte in 0..<100 as Range<UInt8> { network.send([byte], from: hosts[Int(byte) % 2], to: .test(1)) }
    var log: [String] = []
    while let event = try network.step() { log.append("\(network.now) \(event)") }
    return log
  }

  @Test("does the same for the same seed, and something else for another")
  func determinism() throws {
    let runs = try [1, 1, 2].map { (seed: UInt64) in
      var network = SimulatedNetwork(seed: seed)
      return try Self.run(seed: seed, &network)
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0] != runs[2])
  }

  @Test("a copy goes on as the original would, by itself")
  func copies() throws {
    var network = SimulatedNetwork { $0.jitter = .seconds(1) }
    let pair = Pair(&network)
    for byte in 0..<50 as Range<UInt8> { network.send([byte], from: pair.alice, to: .test(2)) }
    _ = try network.step()
    var copy = network
    #expect(try copy.deliveries() == network.deliveries())
    #expect(copy.counters == network.counters)
    copy.send([1], from: pair.alice, to: .test(2))
    #expect(copy.counters != network.counters)
  }
}
