import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Who hears that a beacon drains, and when whose connection is closed.
@Suite struct PeerDrainTests {
  private let begin = MonotonicInstant.start.advanced(by: .seconds(100))

  private func plan(back: Duration = .zero) -> PeerDrain.Plan {
    PeerDrain.Plan(begin: begin, end: begin.advanced(by: .seconds(30)), back: begin.advanced(by: back))
  }

  private func peers(_ own: ClosedRange<UInt64>, deployed: Range<UInt64>) -> [PeerDrain.Peer] {
    own.map { PeerDrain.Peer(id: $0, isOwn: true) } + deployed.map { PeerDrain.Peer(id: $0, isOwn: false) }
  }

  @Test func duringTheGraceNothingHappens() {
    var drain = PeerDrain(plan())
    let before = begin.advanced(by: .nanoseconds(-1))
    #expect(drain.tick(at: before, peers(1...2, deployed: 3..<5)) { 0.5 }.isEmpty)
    #expect(drain.tick(at: begin, []) { 0.5 } == [.refuseNew])
  }

  @Test func whoUnderstandsIsToldOnceAndNeverClosedBeforeTheEnd() throws {
    var drain = PeerDrain(plan())
    let span = try #require(ReturnSpan(from: 0, until: 24_000))
    let all = peers(1...3, deployed: 0..<0)
    #expect(
      drain.tick(at: begin, all) { 0.5 } == [.refuseNew, .tell(1, span), .tell(2, span), .tell(3, span)])
    for second in 1...29 { #expect(drain.tick(at: begin.advanced(by: .seconds(second)), all) { 0.5 }.isEmpty) }
  }

  @Test func whoComesLateIsToldOfWhatIsLeft() throws {
    var drain = PeerDrain(plan())
    _ = drain.tick(at: begin, []) { 0.5 }
    let span = try #require(ReturnSpan(from: 0, until: 8_000))
    let late = begin.advanced(by: .seconds(20))
    #expect(drain.tick(at: late, peers(7...7, deployed: 0..<0)) { 0.5 } == [.tell(7, span)])
  }

  @Test func deployedPeersAreClosedOneInEachPartOfTheWindow() {
    var drain = PeerDrain(plan())
    var generator = SeededRandom(seed: 7)
    let all = peers(1...1, deployed: 2..<302)
    var closed: [UInt64: Int] = [:]
    for part in 0...300 {
      let now = begin.advanced(by: .milliseconds(100) * part)
      let random = { Double.random(in: 0..<1, using: &generator) }
      for case .close(let id) in drain.tick(at: now, all.filter { closed[$0.id] == nil }, random: random) {
        #expect(closed.updateValue(part, forKey: id) == nil)
      }
    }
    #expect(closed.count == 300)
    #expect(closed[1] == nil)
    for (id, part) in closed { #expect((Int(id) - 2...Int(id) - 1).contains(part), "\(id) at \(part)") }
  }

  @Test func whoMayBeDeployedIsToldOfATimeBeforeItsOwnEnd() throws {
    var drain = PeerDrain(plan())
    let all = peers(1...1, deployed: 2..<4)
    let (common, first, second) = (
      try #require(ReturnSpan(from: 0, until: 24_000)), try #require(ReturnSpan(from: 0, until: 6_000)),
      try #require(ReturnSpan(from: 0, until: 18_000))
    )
    #expect(
      drain.tick(at: begin, all) { 0.5 } == [.refuseNew, .tell(1, common), .tell(2, first), .tell(3, second)])
    #expect(drain.tick(at: begin.advanced(by: .seconds(7.4)), all) { 0.5 }.isEmpty)
    #expect(drain.tick(at: begin.advanced(by: .seconds(7.6)), all) { 0.5 } == [.close(2)])
  }

  @Test func whereNobodyIsThereBeforeTheEndPeersComeBackWhenSomebodyIs() throws {
    let span = PeerDrain(plan(back: .seconds(35))).span(at: begin.advanced(by: .seconds(5)))
    #expect(span == ReturnSpan(from: 30_000, until: 60_000))
    let never = PeerDrain(plan(back: .seconds(3_600))).span(at: begin)
    #expect(never == ReturnSpan(from: 600_000, until: 600_000))
    let late = PeerDrain(plan()).span(at: begin.advanced(by: .seconds(31)))
    #expect(late == ReturnSpan(from: 0, until: 30_000))
  }
}
