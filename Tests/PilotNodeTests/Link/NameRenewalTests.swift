import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

@Suite("The name of a silent beacon")
struct NameRenewalTests {
  private static let beacon = LinkRun.beacon
  private static let later = LinkRun.second

  private static func named(_ target: BeaconLink.Target = .datagrams(beacon: Self.beacon)) -> LinkRun {
    LinkRun(target, isNamed: true)
  }

  private static func lookUps(_ outputs: [BeaconLink.Output]) -> Int { outputs.count { $0 == .resolve } }

  @Test("is looked up again when the beacon has been silent for two seconds, then ever more rarely")
  func rhythm() {
    var run = Self.named()
    #expect(Self.lookUps(run.outputs() + run.pass(1.5)) == 0)
    #expect(Self.lookUps(run.pass(0.5)) == 1)
    // 5, 15, 35, 75, 135 and 195 seconds after the first one: doubling up to a minute.
    #expect(Self.lookUps(run.pass(200)) == 6)
  }

  @Test("isn't, where the beacon answers or has no name")
  func noNeed() {
    var ready = Self.named()
    _ = ready.receive(LinkRun.reply())
    _ = ready.receive(LinkRun.probe)
    #expect(Self.lookUps(ready.outputs() + ready.pass(60)) == 0)
    var undelivered = Self.named()
    _ = undelivered.receive(LinkRun.reply())
    #expect(Self.lookUps(undelivered.outputs() + undelivered.pass(50)) == 0)
    var unnamed = LinkRun()
    #expect(Self.lookUps(unnamed.outputs() + unnamed.pass(300)) == 0)
  }

  @Test("a beacon that has moved is found at its new address, and the node is ready there")
  func moved() {
    var run = Self.named()
    _ = run.receive(LinkRun.reply())
    _ = run.receive(LinkRun.probe)
    #expect(Self.lookUps(run.pass(70)) == 1, "after three announcements without an answer")
    run.resolved(Self.later)
    #expect(run.outputs() == [.ask(Self.later), .ask(Self.beacon)], "the old address may only have been slow")
    #expect(run.receive(LinkRun.reply(), from: Self.later) == .control)
    #expect(run.link.beacon == Self.later)
    #expect(run.outputs() == [.announce(Self.later), .probe(Self.later)])
    _ = run.receive(LinkRun.reply(), from: Self.later)
    #expect(run.receive(LinkRun.probe, from: Self.later) == .probe)
    #expect(run.state.isReady)
    #expect(run.receive(LinkRun.delivery(), from: Self.beacon) == .direct, "nobody is the beacon any more there")
    #expect(Self.lookUps(run.outputs() + run.pass(60)) == 0)
  }

  @Test("the beacon's return to the old address is noticed, whatever the name stands for")
  func returns() {
    var run = Self.named()
    _ = run.outputs() + run.pass(3)
    run.resolved(Self.later)
    #expect(run.receive(LinkRun.reply()) == .control)
    #expect(run.link.beacon == Self.beacon)
  }

  @Test("the same address again changes nothing")
  func unchanged() {
    var (run, other) = (Self.named(), Self.named())
    _ = (run.outputs() + run.pass(3), other.outputs() + other.pass(3))
    run.resolved(Self.beacon)
    #expect(run.outputs() == [])
    #expect(run.pass(100) == other.pass(100))
  }

  @Test("an answer to the look-up that comes when the beacon has answered is too late")
  func late() {
    var run = Self.named()
    _ = run.outputs() + run.pass(3)
    _ = run.receive(LinkRun.reply())
    _ = run.receive(LinkRun.probe)
    _ = run.outputs()
    run.resolved(Self.later)
    #expect(run.outputs() == [])
    #expect(run.link.beacon == Self.beacon)
  }

  @Test("the other addresses of a name are tried again when the one that answered has fallen silent")
  func others() {
    var run = Self.named(.datagrams(beacon: Self.beacon, others: [Self.later]))
    _ = run.receive(LinkRun.reply())
    _ = run.receive(LinkRun.reply())
    _ = run.receive(LinkRun.probe)
    let outputs = run.outputs() + run.pass(70)
    #expect(outputs.contains(.ask(Self.later)))
    // A look-up that says nothing new changes nothing.
    run.resolved(Self.beacon, Self.later)
    #expect(run.outputs() == [])
  }

  @Test("ICMP from where the beacon was keeps the questions to it frequent: it is being restarted")
  func restarted() {
    var run = Self.named()
    _ = run.receive(LinkRun.reply())
    _ = run.receive(LinkRun.probe)
    _ = run.outputs() + run.pass(70)
    run.resolved(Self.beacon, Self.later)
    _ = run.outputs() + run.pass(100)
    var asked = 0
    for _ in 0..<20 {
      run.on(LinkRun.report())
      asked += run.pass(0.5).count { $0 == .ask(Self.beacon) }
    }
    #expect(asked == 20)
  }

  @Test("a name that can't be resolved at first is said so at once, and asked for again until it can")
  func unresolved() {
    var run = Self.named(.datagrams(beacon: .any(port: 9000)))
    #expect(run.outputs() == [.state(.unreachable(.unresolved)), .resolve])
    #expect(run.pass(9).filter { $0 != .resolve } == [], "nothing is sent to nowhere")
    run.resolved(Self.later)
    #expect(run.outputs() == [.ask(Self.later)])
    #expect(run.link.beacon == Self.later)
    let outputs = run.pass(2)
    #expect(outputs.contains(.state(.unreachable(.unanswered))), "that it doesn't answer is another matter")
    _ = run.receive(LinkRun.reply(), from: Self.later)
    _ = run.receive(LinkRun.reply(), from: Self.later)
    _ = run.receive(LinkRun.probe, from: Self.later)
    #expect(run.state.isReady)
  }
}
