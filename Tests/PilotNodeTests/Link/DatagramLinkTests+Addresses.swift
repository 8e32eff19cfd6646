import PilotNode
import PilotTransport
import PilotWire
import Testing

/// A beacon whose name has several addresses, and addresses that can't be sent to.
extension DatagramLinkTests {
  @Test("asks all addresses, takes the first that answers, and then no other")
  func firstAnswer() {
    var run = LinkRun(Self.both)
    #expect(run.outputs() == [.ask(LinkRun.beacon), .ask(LinkRun.second)])
    #expect(run.receive(LinkRun.delivery(), from: LinkRun.second) == .direct, "nothing else is an answer")
    #expect(run.receive(LinkRun.reply(), from: LinkRun.second) == .control)
    #expect(run.link.beacon == LinkRun.second)
    #expect(run.outputs() == [.announce(LinkRun.second), .probe(LinkRun.second)])
    #expect(run.receive(LinkRun.reply(), from: LinkRun.beacon) == .direct)
    #expect(run.outputs() == [])
  }

  /// A node that is ready by way of the second address.
  private static func readyAtSecond() -> LinkRun {
    var run = LinkRun(Self.both)
    _ = run.receive(LinkRun.reply(), from: LinkRun.second)
    _ = run.outputs()
    _ = run.receive(LinkRun.reply(), from: LinkRun.second)
    _ = run.receive(LinkRun.probe, from: LinkRun.second)
    _ = run.outputs()
    return run
  }

  @Test("when nothing comes from its beacon's address any more, all are asked again, and another one can answer")
  func otherAddressAgain() {
    var run = Self.readyAtSecond()
    #expect(run.state.isReady)
    let outputs = run.pass(70)
    #expect(outputs.count { $0 == .announce(LinkRun.second) } == 3)
    #expect(outputs.contains(.state(.unreachable(.unanswered))))
    #expect(outputs.contains(.ask(LinkRun.beacon)))
    #expect(outputs.contains(.ask(LinkRun.second)))
    #expect(run.link.beacon == LinkRun.second, "as long as no other has answered")
    #expect(run.receive(LinkRun.reply(), from: LinkRun.beacon) == .control)
    #expect(run.link.beacon == LinkRun.beacon)
    #expect(run.outputs() == [.announce(LinkRun.beacon), .probe(LinkRun.beacon)])
    _ = run.receive(LinkRun.reply(), from: LinkRun.beacon)
    _ = run.receive(LinkRun.probe, from: LinkRun.beacon)
    #expect(run.state == Self.ready)
    #expect(run.receive(LinkRun.delivery(), from: LinkRun.second) == .direct)
  }

  @Test("while all addresses are asked, what the old one delivers shows that the beacon is still there")
  func oldAddressDelivers() {
    var run = Self.readyAtSecond()
    _ = run.pass(70)
    #expect(run.receive([BeaconMessageType.notify.rawValue, 1], from: LinkRun.second) == .control)
    #expect(run.state == .unreachable(.unanswered))
    #expect(run.receive(LinkRun.delivery(), from: LinkRun.second) == .message)
    #expect(run.outputs() == [.state(Self.ready)])
    #expect(run.pass(0) == [.announce(LinkRun.second)])
  }

  @Test("a report of ICMP has the addresses asked again half a second later, however rarely it was before")
  func reportWhileAsking() {
    var run = Self.readyAtSecond()
    _ = run.pass(600)
    run.on(LinkRun.report(of: LinkRun.stranger))
    #expect(run.pass(0.5) == [])
    run.on(LinkRun.report(of: LinkRun.beacon))
    #expect(run.pass(0.5) == [.ask(LinkRun.beacon), .ask(LinkRun.second)])
  }

  @Test("where announcements can't be sent any more, the other addresses are tried at once")
  func unsendableLater() {
    var run = Self.readyAtSecond()
    #expect(run.pass(60) == [.announce(LinkRun.second)])
    run.refuse(.announce(LinkRun.second), .unreachable)
    #expect(
      run.outputs() == [
        .state(.unreachable(.unsendable(.unreachable))), .ask(LinkRun.beacon), .ask(LinkRun.second),
      ])
  }

  @Test("however often a beacon is lost and found, announcements are half a second apart")
  func lostAndFound() {
    var run = Self.readyAtSecond()
    _ = run.pass(60)
    run.refuse(.announce(LinkRun.second), .unreachable)
    _ = run.outputs()
    _ = run.receive(LinkRun.reply(), from: LinkRun.beacon)
    #expect(run.outputs() == [])
    #expect(run.pass(0.49) == [])
    #expect(run.pass(0.01) == [.announce(LinkRun.beacon), .probe(LinkRun.beacon)])
  }

  @Test("an address that this machine can't send to hides no other; all of them do, at once")
  func unsendable() {
    var run = LinkRun(Self.both)
    _ = run.outputs()
    run.refuse(.ask(LinkRun.beacon), .unreachable)
    run.refuse(.ask(LinkRun.beacon), .unreachable)
    #expect(run.outputs() == [])
    run.refuse(.ask(LinkRun.second), .invalidDestination)
    #expect(run.outputs() == [.state(.unreachable(.unsendable(.invalidDestination)))])
    run.refuse(.ask(LinkRun.second), .invalidDestination)
    #expect(run.outputs() == [], "told once")
  }

  @Test("what one address refuses now and another one earlier is not all of them")
  func unsendableInTurns() {
    var run = LinkRun(Self.both)
    _ = run.outputs()
    run.refuse(.ask(LinkRun.beacon), .unreachable)
    _ = run.pass(0.3)
    run.refuse(.ask(LinkRun.second), .unreachable)
    #expect(run.outputs() == [])
  }

  @Test("a refused announcement is told, a full queue isn't")
  func refusedAnnouncement() {
    var run = LinkRun()
    _ = run.outputs()
    run.refuse(.announce(Self.beacon), .backpressure)
    #expect(run.outputs() == [])
    run.refuse(.announce(Self.beacon), .unreachable)
    #expect(run.outputs() == [.state(.unreachable(.unsendable(.unreachable)))])
  }

  @Test("the same address twice is one")
  func repeatedAddress() {
    var run = LinkRun(.datagrams(beacon: LinkRun.beacon, others: [LinkRun.beacon]))
    #expect(run.outputs() == [.announce(LinkRun.beacon), .probe(LinkRun.beacon)])
  }
}
