import PilotTesting
import PilotNode
import PilotTransport
import PilotWire
import Testing

@Suite("The article on testing")
struct ArticleTests {
  /// "On a bad network", word for word.
  @Test("has an example that compiles and does what it says")
  func example() throws {
    var network = SimulatedNetwork(seed: 1)
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(40)
    conditions.loss = 0.3
    network.setConditions(conditions)

    let nat = network.addNAT(.portRestricted, at: Endpoint(ipv4: 203, 0, 113, 1, port: 0))
    let node = network.addHost(at: Endpoint(ipv4: 192, 168, 1, 2, port: 4_000), behind: nat)
    let beacon = network.addHost(at: Endpoint(ipv4: 198, 51, 100, 1, port: 9_001))

    var schedule = RegistrationSchedule(at: network.now)
    var armed: MonotonicInstant?
    network.setTimer(0, at: network.now)
    while let event = try network.step(until: .start.advanced(by: .seconds(3_600))) {
      switch event {
      case .delivered(let delivery) where delivery.host == beacon:
        network.send([0x02], from: beacon, to: delivery.source, at: network.now)
      case .delivered: _ = schedule.answered(at: network.now)
      case .unreachable: _ = schedule.unreachable(at: network.now)
      case .timer: break
      }
      while schedule.tick(at: network.now) == .announce {
        network.send([0x01], from: node, to: network.endpoint(of: beacon), at: network.now)
      }
      if case .wait(let instant) = schedule.tick(at: network.now), instant != armed {
        network.setTimer(0, at: instant)
        armed = instant
      }
    }

    #expect(network.now == .start.advanced(by: .seconds(3_600)))
    #expect(network.counters.isConserved)
    // An hour has 60 announcements, and about as many again were lost in one direction or the other.
    #expect((90...200).contains(network.counters.sent))
    #expect(network.counters.drops.total == network.counters.drops[.lost])
  }
}
