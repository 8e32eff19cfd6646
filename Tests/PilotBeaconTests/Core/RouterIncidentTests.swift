import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What an operator is told: the first of each kind, and how many followed.
struct RouterIncidentTests {
  @Test func movesAndProbesAreNotedWithFromAndTo() {
    var harness = RouterHarness()
    harness.discover(.test(7), from: .udp(test: 1))
    expect(harness.router.takeIncidents(), [])
    harness.discover(.test(7), from: .udp(test: 2))
    _ = harness.unreachable(.test(1), .test(7))
    expect(
      harness.router.takeIncidents(),
      [
        RouterIncident(.unaskable, .test(7), from: .test(1), to: .test(2)),
        RouterIncident(.probed, .test(7), from: .test(1), to: .test(2)),
        RouterIncident(.moved(.unreachable), .test(7), from: .test(1), to: .test(2)),
      ])
    expect(harness.router.takeIncidents(), [])
  }

  @Test func aFloodIsOneIncidentOfItsKindAndANumber() {
    var harness = RouterHarness()
    for number in 1...500 as ClosedRange<UInt32> {
      harness.discover(.test(number), from: .udp(test: 1))
      harness.discover(.test(number), from: .udp(.test(1, port: 5_000)))
    }
    var first = RouterIncident(.moved(.port), .test(1), from: .test(1), to: .test(1, port: 5_000))
    first.more = 499
    let once = RouterIncident(.unaskable, .test(1), from: .test(1), to: .test(1, port: 5_000))
    expect(harness.router.takeIncidents(), [once, first])
  }
}
