import PilotNode
import PilotTransport
import PilotWire
import Testing

@Suite("BeaconLink over a connection")
struct ConnectionLinkTests {
  private static let target = BeaconLink.Target.connection(beacon: .wssBeacon)
  private static let lost = TransportError(code: .connectionLost, message: "lost", retry: .afterEvent)
  private static let ready = NodeState.ready(observed: nil)

  private static func reconnecting(_ attempt: Int) -> TransportEvent {
    .reconnecting(reason: lost, attempt: attempt, delay: .seconds(1))
  }

  private static func down(_ attempt: Int) -> NodeState {
    .reconnecting(reason: lost, attempt: attempt, delay: .seconds(1))
  }

  @Test("is ready once connected, announces itself at once and every minute, and asks and probes nothing")
  func announces() {
    var run = LinkRun(Self.target)
    #expect(run.outputs() == [])
    #expect(run.link.deadline == nil)
    run.on(.connected)
    #expect(run.outputs() == [.state(Self.ready), .announce(.wssBeacon)])
    #expect(run.pass(59.9) == [])
    #expect(run.pass(60.2) == [.announce(.wssBeacon), .announce(.wssBeacon)])
  }

  @Test("a first attempt that failed doesn't keep the second one from making it ready")
  func secondAttempt() {
    var run = LinkRun(Self.target)
    run.on(Self.reconnecting(1))
    #expect(run.outputs() == [.state(Self.down(1))])
    run.on(.connected)
    #expect(run.outputs() == [.state(Self.ready), .announce(.wssBeacon)])
  }

  @Test("a frame that comes before the event makes it ready, once")
  func frameFirst() {
    var run = LinkRun(Self.target)
    run.on(Self.reconnecting(1))
    _ = run.outputs()
    #expect(run.receive(LinkRun.delivery(), from: .wssBeacon) == .message)
    #expect(run.outputs() == [.state(Self.ready), .announce(.wssBeacon)])
    run.on(.connected)
    #expect(run.outputs() == [], "neither told nor announced twice")
  }

  @Test("another connection that has taken over: it announces itself there, and stays ready")
  func moved() throws {
    var run = LinkRun(Self.target)
    run.on(.connected)
    _ = run.outputs()
    _ = run.pass(10)
    run.on(.draining(.atOnce))
    #expect(run.outputs() == [])
    run.on(.moved(to: "wss://b.example/v1/compat"))
    #expect(run.outputs() == [.announce(.wssBeacon)])
    #expect(run.state == Self.ready)
    #expect(run.pass(59.9) == [])
    #expect(run.pass(0.2) == [.announce(.wssBeacon)])
  }

  @Test("is told by its beacon who isn't there")
  func gone() {
    var run = LinkRun(Self.target)
    run.on(.connected)
    _ = run.outputs()
    let gone = Gone(destination: LinkRun.peer, reason: .notAttached).encoded()
    #expect(run.receive(gone, from: .wssBeacon) == .gone(LinkRun.peer))
    #expect(run.receive(gone, from: LinkRun.stranger) == .direct)
    #expect(run.outputs() == [])
  }

  @Test("a frame of a connection that is gone makes nothing ready, and is a message all the same")
  func oldFrame() {
    var run = LinkRun(Self.target)
    run.on(.connected)
    run.on(Self.reconnecting(1))
    _ = run.outputs()
    #expect(run.receive(LinkRun.delivery(), from: .wssBeacon) == .message)
    #expect(run.outputs() == [])
    #expect(run.state == Self.down(1))
    run.on(.reconnected)
    #expect(run.outputs() == [.state(Self.ready), .announce(.wssBeacon)])
  }

  @Test("each attempt is told, and nothing is announced in between")
  func attempts() {
    var run = LinkRun(Self.target)
    run.on(.connected)
    _ = run.outputs()
    for attempt in 1...3 {
      run.on(Self.reconnecting(attempt))
      #expect(run.outputs() == [.state(Self.down(attempt))])
      #expect(run.pass(100) == [])
    }
  }

  @Test("an announcement that the transport refuses is due a second later")
  func refused() {
    var run = LinkRun(Self.target)
    run.on(.connected)
    _ = run.outputs()
    run.refuse(.announce(.wssBeacon), .backpressure)
    #expect(run.pass(0.9) == [])
    #expect(run.pass(0.2) == [.announce(.wssBeacon)])
  }

  @Test("frames that don't come from the beacon are nobody's, and change nothing")
  func strangers() {
    var run = LinkRun(Self.target)
    #expect(run.receive(LinkRun.delivery(), from: LinkRun.stranger) == .direct)
    #expect(run.outputs() == [])
    #expect(run.state == .joining)
  }

  @Test("a delivery to another node at this endpoint is no message")
  func otherNode() {
    var run = LinkRun(Self.target)
    run.on(.connected)
    let payload: [UInt8] = [1]
    for (destination, expected) in [(LinkRun.node, BeaconLink.Reception.message), (LinkRun.peer, .control)] {
      let frame = RelayDeliverDest(sender: LinkRun.peer, destination: destination, payload: payload.span.raw).encoded()
      #expect(run.receive(frame, from: .wssBeacon) == expected)
    }
  }
}
