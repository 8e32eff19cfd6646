import PilotNode
import PilotTransport
import PilotWire
import Testing

@Suite("BeaconLink over datagrams")
struct DatagramLinkTests {
  static let beacon = LinkRun.beacon
  static let ready = NodeState.ready(observed: LinkRun.seen)
  static let both = BeaconLink.Target.datagrams(beacon: LinkRun.beacon, others: [LinkRun.second])

  // MARK: A beacon that is about to end

  private static func drain(_ from: UInt32, _ until: UInt32, of node: NodeID = LinkRun.node) throws -> [UInt8] {
    Drain(node: node, comeBack: try #require(ReturnSpan(from: from, until: until))).encoded()
  }

  private static func announcements(in outputs: [BeaconLink.Output]) -> Int {
    outputs.count { if case .announce = $0 { true } else { false } }
  }

  @Test("told that its beacon ends and is back, it announces itself once, within that span, and stays ready")
  func comesBack() throws {
    var run = LinkRun.ready
    _ = run.pass(10)
    #expect(run.receive(try Self.drain(5_000, 9_000)) == .control)
    #expect(Self.announcements(in: run.pass(4.9)) == 0)
    var count = 0
    for _ in 0..<42 where Self.announcements(in: run.pass(0.1)) > 0 {
      count += 1
      _ = run.receive(LinkRun.reply())
    }
    #expect(count == 1)
    #expect(run.state == Self.ready)
  }

  @Test(
    "told so for another node, by somebody else, or over and over, it does what it would have done anyway, and once more"
  )
  func comesBackRarely() throws {
    var run = LinkRun.ready
    _ = run.pass(10)
    _ = run.receive(try Self.drain(0, 0, of: LinkRun.peer))
    #expect(run.receive(try Self.drain(0, 0), from: LinkRun.stranger) == .direct)
    #expect(Self.announcements(in: run.pass(0.5)) == 0)
    // A second one within ten seconds isn't believed, whatever it says.
    _ = run.receive(try Self.drain(8_000, 8_000))
    for _ in 0..<100 { _ = run.receive(try Self.drain(0, 0)) }
    #expect(Self.announcements(in: run.pass(7.9)) == 0)
    #expect(Self.announcements(in: run.pass(0.2)) == 1)
  }

  // MARK: Punching

  @Test("punches where its beacon says, wherever that is, and the frame is the reader's as well")
  func punches() {
    var run = LinkRun.ready
    for endpoint in [Self.beacon, LinkRun.elsewhere] {
      #expect(run.receive(PunchCommand(endpoint: endpoint).encoded()) == .control)
      #expect(run.outputs() == [.punch(endpoint)])
    }
  }

  @Test("punches for nobody else")
  func punchesForItsBeacon() {
    var run = LinkRun.ready
    let port = Endpoint(high: Self.beacon.high, low: Self.beacon.low, port: Self.beacon.port ^ 1)
    for stranger in [LinkRun.stranger, LinkRun.second, port] {
      #expect(run.receive(PunchCommand(endpoint: LinkRun.elsewhere).encoded(), from: stranger) == .direct)
      #expect(run.outputs() == [])
    }
  }

  @Test("punches four times in a second, and counts the others")
  func punchesRarely() {
    var run = LinkRun.ready
    let command = PunchCommand(endpoint: LinkRun.elsewhere).encoded()
    for second in 0..<3 {
      var (answered, heldBack) = (0, 0)
      for _ in 0..<100 {
        _ = run.receive(command)
        for output in run.outputs() {
          if output == .punch(LinkRun.elsewhere) { answered += 1 }
          if output == .punchHeldBack { heldBack += 1 }
        }
      }
      #expect((answered, heldBack) == (4, 96), "second \(second)")
      _ = run.pass(1)
    }
  }

  // MARK: Who isn't there

  private static let notice = Gone(destination: LinkRun.peer, reason: .hasJustGone).encoded()

  @Test("is told who isn't there by its beacon alone, and learns nothing else from it")
  func gone() {
    var run = LinkRun()
    _ = run.outputs()
    #expect(run.receive(Self.notice) == .gone(LinkRun.peer))
    #expect(run.outputs() == [] && run.state == .joining, "it is no evidence that frames come through")
    run = LinkRun.ready
    #expect(run.receive(Self.notice) == .gone(LinkRun.peer))
    #expect(run.receive(Self.notice, from: LinkRun.stranger) == .direct)
    #expect(run.receive(Array(Self.notice.dropLast())) == .control)
    #expect(run.outputs() == [] && run.state == Self.ready)
  }

  // MARK: Evidence

  @Test("announces and probes at once, and is ready when the probe is back: after one round trip, not by the answer")
  func becomesReady() {
    var run = LinkRun()
    #expect(run.outputs() == [.announce(Self.beacon), .probe(Self.beacon)])
    #expect(run.receive(LinkRun.reply()) == .control)
    #expect(run.outputs() == [.probe(Self.beacon)])
    #expect(run.state == .joining, "an answer says only that the beacon is there")
    #expect(run.receive(LinkRun.probe) == .probe)
    #expect(run.outputs() == [.state(Self.ready)])
  }

  @Test("a probe that is back before the answer waits for it, a quarter of a second at most; a message doesn't")
  func probeBeforeAnswer() {
    for last in 0..<3 {
      var run = LinkRun()
      _ = run.outputs()
      #expect(run.receive(LinkRun.probe) == .probe)
      #expect(run.receive(LinkRun.probe) == .probe)
      #expect(run.outputs() == [])
      #expect(run.pass(0.24) == [])
      switch last {
      case 0:
        _ = run.receive(LinkRun.reply())
        #expect(run.outputs() == [.state(Self.ready)], "told once, and no probe follows")
      case 1:
        #expect(run.receive(LinkRun.delivery()) == .message)
        #expect(run.outputs() == [.state(.ready(observed: nil))])
      default: #expect(run.pass(0.01) == [.state(.ready(observed: nil))])
      }
    }
  }

  @Test("an announcement before the first answer brings a probe, and so does a proof; of a ready node neither does")
  func probesBehind() {
    var run = LinkRun()
    _ = run.outputs()
    #expect(run.pass(1) == [.announce(Self.beacon), .probe(Self.beacon)])
    let proven: [BeaconLink.Output] = [.prove(LinkRun.challenge(), Self.beacon), .probe(Self.beacon)]
    _ = run.receive(LinkRun.challenge().encoded())
    #expect(run.outputs() == proven, "before the answer")
    _ = run.receive(LinkRun.reply())
    _ = run.outputs()
    _ = run.receive(LinkRun.challenge().encoded())
    #expect(run.outputs() == proven, "and behind it")
    _ = run.receive(LinkRun.probe)
    _ = run.outputs()
    #expect(run.pass(60) == [.announce(Self.beacon)])
    _ = run.receive(LinkRun.challenge().encoded())
    #expect(run.outputs() == [.prove(LinkRun.challenge(), Self.beacon)])
  }

  @Test("another node's message shows as much as a probe")
  func messageShows() {
    var run = LinkRun()
    _ = run.receive(LinkRun.reply())
    _ = run.outputs()
    #expect(run.receive(LinkRun.delivery()) == .message)
    #expect(run.outputs() == [.state(Self.ready)])
    #expect(run.pass(59) == [], "and no further probe is sent")
  }

  @Test("says after two seconds what is missing: the answer, or what was to come through", arguments: [false, true])
  func hindrance(_ isAnswered: Bool) {
    var run = LinkRun()
    if isAnswered { _ = run.receive(LinkRun.reply()) }
    let outputs = run.pass(2)
    #expect(outputs.contains(.state(.unreachable(isAnswered ? .undelivered : .unanswered))))
    #expect(run.receive(LinkRun.probe) == .probe)
    let ready = NodeState.ready(observed: isAnswered ? LinkRun.seen : nil)
    #expect((run.outputs() + run.pass(0.25)).last == .state(ready), "a late one still shows it")
  }

  @Test("probes ever more rarely, at most every ten seconds")
  func probesRarely() {
    var run = LinkRun()
    _ = run.outputs()
    _ = run.receive(LinkRun.reply())
    let probes = run.pass(59).filter { $0 == .probe(Self.beacon) }.count
    // 0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 25.75, 35.75, 45.75, 55.75
    #expect(probes == 11)
  }

  @Test("is unreachable after three announcements in a row without an answer, and ready again after a frame")
  func withdrawn() {
    var run = LinkRun.ready
    let outputs = run.pass(67)
    #expect(outputs.filter { $0 == .announce(Self.beacon) }.count == 4)
    #expect(
      outputs.suffix(3) == [.state(.unreachable(.unanswered)), .announce(Self.beacon), .probe(Self.beacon)])
    _ = run.receive(LinkRun.reply())
    #expect(run.outputs() == [.probe(Self.beacon)])
    _ = run.receive(LinkRun.probe)
    #expect(run.outputs() == [.state(Self.ready)])
  }

  @Test("tells a new address once a frame has come through to it, and none that no announcement asked for")
  func observed() {
    var run = LinkRun.ready
    _ = run.receive(LinkRun.reply())
    #expect(run.outputs() == [])
    _ = run.receive(LinkRun.reply(LinkRun.elsewhere))
    #expect(run.outputs() == [])
    for endpoint in [LinkRun.elsewhere, LinkRun.seen] {
      run.tick(at: run.link.deadline ?? run.now)
      #expect(run.outputs() == [.announce(Self.beacon)])
      _ = run.receive(LinkRun.reply(endpoint))
      #expect(run.outputs() == [.probe(Self.beacon)])
      _ = run.receive(LinkRun.probe)
      #expect(run.outputs() == [.state(.ready(observed: endpoint))])
    }
  }

  @Test("to whose new address nothing comes through isn't ready any more, and is as soon as something does")
  func observedElsewhere() {
    var run = LinkRun.ready
    _ = run.pass(60)
    _ = run.receive(LinkRun.reply(LinkRun.elsewhere))
    #expect(run.state == Self.ready, "until it is known")
    let outputs = run.pass(2)
    #expect(outputs.filter { $0 != .probe(Self.beacon) } == [.state(.unreachable(.undelivered))])
    _ = run.receive(LinkRun.probe)
    #expect(run.outputs() == [.state(.ready(observed: LinkRun.elsewhere))])
  }

  // MARK: Forgeries

  @Test("believes nobody but the beacon")
  func strangers() {
    var run = LinkRun()
    _ = run.outputs()
    for frame in [LinkRun.reply(), LinkRun.probe, LinkRun.delivery(), LinkRun.challenge().encoded(), []] {
      #expect(run.receive(frame, from: LinkRun.stranger) == .direct)
      #expect(run.receive(frame, from: Endpoint(ipv4: 192, 0, 2, 1, port: 9001)) == .direct, "another port")
    }
    #expect(run.outputs() == [])
    #expect(run.state == .joining)
  }

  @Test("what a node is said to have sent to itself is a probe only with the token")
  func token() {
    var run = LinkRun.ready
    let token = LinkRun.token.payload
    let others: [[UInt8]] = [
      [], Array(token.dropLast()), Array(token.reversed()), [UInt8](repeating: 0, count: 16),
    ]
    for payload in others {
      #expect(run.receive(LinkRun.delivery(from: LinkRun.node, payload)) == .message)
    }
    #expect(run.receive(LinkRun.delivery(from: LinkRun.peer, token)) == .message, "nor when it is another's")
    #expect(run.receive(LinkRun.delivery(from: LinkRun.node, token)) == .probe)
    #expect(run.receive(LinkRun.delivery(from: LinkRun.node, LinkRun.token.echo(1, length: 30))) == .probe, "numbered")
  }

  @Test("signs one challenge for each announcement, and none that is for another node")
  func challenges() {
    var run = LinkRun()
    _ = run.outputs()
    #expect(run.receive(LinkRun.challenge(of: LinkRun.peer).encoded()) == .control)
    #expect(run.outputs() == [])
    for number in 1...50 as ClosedRange<UInt64> { _ = run.receive(LinkRun.challenge(number).encoded()) }
    #expect(run.outputs() == [.prove(LinkRun.challenge(1), Self.beacon), .probe(Self.beacon)])
  }

  @Test("forged challenges and reports together cost two announcements and signatures a second")
  func floodOfReports() {
    var run = LinkRun.ready
    var outputs: [BeaconLink.Output] = []
    for number in 0..<1_000 as Range<UInt64> {
      run.on(LinkRun.report())
      _ = run.receive(LinkRun.challenge(number).encoded())
      outputs += run.outputs() + run.pass(0.01)
    }
    #expect(outputs.filter { $0 == .announce(Self.beacon) }.count <= 20)
    let proofs = outputs.filter { if case .prove = $0 { true } else { false } }
    #expect(proofs.count <= 21)
  }

  @Test("forged answers draw no probes: one for the announcement, and those that are due anyway")
  func floodOfAnswers() {
    var run = LinkRun()
    _ = run.outputs()
    for _ in 0..<1_000 { _ = run.receive(LinkRun.reply()) }
    #expect(run.outputs() == [.probe(Self.beacon)])
  }

  @Test("forged answers with another address are not told: the next announcement comes sooner, and asks")
  func forgedAddress() {
    var run = LinkRun.ready
    for _ in 0..<1_000 { _ = run.receive(LinkRun.reply(LinkRun.elsewhere)) }
    #expect(run.outputs() == [])
    #expect(run.state == Self.ready)
    #expect(run.pass(10) == [.announce(Self.beacon)])
  }
}
