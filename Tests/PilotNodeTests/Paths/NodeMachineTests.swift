import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

/// What links and the choice between paths make together, with a clock that the test moves and nobody who performs the outputs.
@Suite("A node's machine")
struct NodeMachineTests {
  private static let wss = Endpoint.wssBeacon
  private static let tokens = [ProbeToken(high: 1, low: 2), ProbeToken(high: 3, low: 4)]
  private static let echoToken = ProbeToken(high: 5, low: 6)
  private static let (datagrams, connection) = (PathID(0), PathID(1))

  /// A machine over UDP and WSS, or only one of them, and what it has wanted done.
  private struct Run {
    var machine: NodeMachine
    var now = MonotonicInstant.start
    var states: [NodeState] = []
    var switches: [PathSwitch] = []
    var others: [String] = []
    /// Whether the connection's beacon takes frames over UDP from a node that is attached; nil while that isn't known.
    var beaconIsOwn: Bool? = false
    private let hasChoice: Bool

    init(
      _ kinds: [PathSelection.Path.Kind] = [.datagrams, .connection], since begun: MonotonicInstant = .start,
      at now: MonotonicInstant = .start
    ) {
      self.now = now
      hasChoice = kinds.count > 1
      let setups = kinds.map { kind in
        switch kind {
        case .datagrams:
          NodeMachine.Setup(
            path: PathSelection.Path(beacon: 0, .datagrams), target: .datagrams(beacon: LinkRun.beacon), isNamed: false,
            token: tokens[0])
        case .connection:
          NodeMachine.Setup(
            path: PathSelection.Path(beacon: 0, .connection), target: .connection(beacon: wss), isNamed: false,
            token: tokens[1])
        }
      }
      machine = NodeMachine(
        node: LinkRun.node, setups, echoToken: echoToken, times: BeaconLink.Configuration(),
        choosing: PathSelection.Configuration(), on: nil, since: begun, at: now)
      take()
    }

    mutating func take() {
      for output in machine.takeOutputs() {
        switch output {
        case .state(let state): states.append(state)
        case .selection(.switched(let change)): switches.append(change)
        case .selection(.carry): break
        case .selection(let output): others.append("\(output)")
        case .link(let path, let output): others.append("\(path): \(output)")
        }
      }
    }

    mutating func receive(_ frame: [UInt8], from source: Endpoint) -> BeaconLink.Reception {
      defer { take() }
      return machine.received(frame.span.raw, from: source, at: now)
    }

    mutating func on(_ event: TransportEvent, _ path: PathID) {
      if hasChoice { machine.note(NodeMachineTests.connection, beaconIsOwn: beaconIsOwn, at: now) }
      machine.on(event, of: [path], at: now)
      take()
    }

    mutating func pass(_ duration: Duration) {
      let end = now.advanced(by: duration)
      var turns = 0
      while let due = machine.deadline, due <= end, turns < 10_000 {
        now = max(now, due)
        machine.tick(at: now, random: 0.5)
        take()
        turns += 1
      }
      #expect(turns < 10_000, "something is due without end")
      now = end
    }

    /// Passes until the machine probes UDP, and the link waits for nothing.
    mutating func passToProbe() {
      for _ in 0..<300 {
        others = []
        pass(.milliseconds(100))
        if wants("announce") {
          _ = receive(LinkRun.reply(), from: LinkRun.beacon)
          continue
        }
        if wants("probe(") { return }
      }
      Issue.record("no probe within 30 s")
    }

    /// Whether something was asked for that contains this.
    func wants(_ text: String) -> Bool { others.contains { $0.contains(text) } }
  }

  private static func probe(_ token: ProbeToken) -> [UInt8] { LinkRun.delivery(from: LinkRun.node, token.payload) }

  /// UDP is up, and carries.
  private static func overUDP() -> Run {
    var run = Run()
    _ = run.receive(LinkRun.reply(), from: LinkRun.beacon)
    _ = run.receive(probe(tokens[0]), from: LinkRun.beacon)
    return run
  }

  @Test("begins with UDP, and is ready when a frame has come through, told behind the switch")
  func begins() {
    var run = Run()
    #expect(run.wants("path 0: announce"))
    #expect(!run.wants("open(PilotNode.PathID(index: 1"))
    _ = run.receive(LinkRun.reply(), from: LinkRun.beacon)
    #expect(run.states == [])
    let reception = run.receive(Self.probe(Self.tokens[0]), from: LinkRun.beacon)
    #expect(reception == .probe)
    #expect(run.states == [.ready(observed: LinkRun.seen)])
    #expect(run.switches.map(\.to) == [Self.datagrams])
    #expect(run.machine.carriage == .one(Self.datagrams))
  }

  @Test("dials when UDP stays silent, and is ready over the connection, which a link at rest before couldn't have told")
  func dials() {
    var run = Run()
    run.on(.connected, Self.connection)
    #expect(run.states == [], "at rest: whatever that was, it wasn't asked for")
    #expect(!run.wants("path 1:"), "and nothing is sent over it")
    run.on(.resting, Self.connection)
    run.pass(.seconds(1))
    #expect(run.others.contains { $0.contains("open") && $0.contains("1") })
    run.on(.connected, Self.connection)
    #expect(run.states == [.ready(observed: nil)])
    #expect(run.switches.map(\.to) == [Self.connection])
    #expect(run.wants("path 1: announce"))
  }

  @Test("a link's frame to the node itself counts for its path, by whichever it comes back")
  func relayed() {
    var run = Run()
    run.pass(.seconds(1))
    run.beaconIsOwn = true
    run.on(.connected, Self.connection)
    _ = run.receive(LinkRun.reply(), from: LinkRun.beacon)
    #expect(!run.machine.isReady(Self.datagrams))
    let reception = run.receive(Self.probe(Self.tokens[0]), from: Self.wss)
    #expect(reception == .probe)
    #expect(run.machine.isReady(Self.datagrams))
  }

  @Test("a frame of a connection whose beacon isn't known yet moves nothing; it is up when that is known")
  func unknownBeacon() {
    var run = Self.overUDP()
    run.machine.counted([PathTraffic(), PathTraffic()], isReading: true, at: run.now)
    // Answers are missing, and the connection is made.
    run.pass(.seconds(3))
    #expect(run.wants("open(path 1)"))
    run.beaconIsOwn = nil
    _ = run.receive(LinkRun.delivery(from: LinkRun.peer, [1]), from: Self.wss)
    #expect(run.switches.map(\.to) == [Self.datagrams])
    #expect(run.machine.carriage == .one(Self.datagrams))
    run.beaconIsOwn = true
    run.on(.connected, Self.connection)
    #expect(run.switches.map(\.to) == [Self.datagrams])
    #expect(run.machine.carriage == .both(Self.datagrams, Self.connection))
  }

  @Test("a frame that comes late by UDP is delivered, and moves nothing")
  func lateFrame() {
    var run = Self.overUDP()
    run.beaconIsOwn = true
    run.machine.counted([PathTraffic(), PathTraffic()], isReading: true, at: run.now)
    run.pass(.seconds(3))
    run.on(.connected, Self.connection)
    run.pass(.seconds(20))
    #expect(run.switches.map(\.to) == [Self.datagrams, Self.connection])
    #expect(run.receive(LinkRun.delivery(from: LinkRun.peer, [1]), from: LinkRun.beacon) == .message)
    run.pass(.milliseconds(100))
    #expect(run.switches.map(\.to) == [Self.datagrams, Self.connection])
    #expect(run.machine.carriage == .one(Self.connection))
  }

  @Test("what claims to be from the node itself without its token is a message")
  func ownMessages() {
    var run = Self.overUDP()
    let stranger = LinkRun.delivery(from: LinkRun.node, ProbeToken(high: 9, low: 9).payload)
    #expect(run.receive(stranger, from: LinkRun.beacon) == .message)
    #expect(run.receive(stranger, from: LinkRun.stranger) == .direct)
    #expect(run.receive(Self.probe(Self.echoToken), from: LinkRun.stranger) == .direct)
    #expect(run.receive(Self.probe(Self.echoToken), from: LinkRun.beacon) == .probe)
  }

  @Test(
    "the answer to a probe is nobody's business but the machine's, and one that names another place has the node announce itself"
  )
  func answersToProbes() {
    var run = Self.overUDP()
    run.machine.counted([], isReading: true, at: run.now)
    run.passToProbe()
    #expect(run.receive(LinkRun.reply(), from: LinkRun.beacon) == .probe)
    #expect(!run.wants("announce"))
    run.passToProbe()
    #expect(run.receive(LinkRun.reply(LinkRun.elsewhere), from: LinkRun.beacon) == .probe)
    #expect(run.wants("path 0: announce"))
  }

  @Test("a node over one path does what its link does, and nothing is chosen")
  func onePath() {
    var run = Run([.datagrams])
    #expect(run.receive(LinkRun.reply(), from: LinkRun.beacon) == .control)
    #expect(run.receive(Self.probe(Self.tokens[0]), from: LinkRun.beacon) == .probe)
    run.pass(.seconds(50))
    #expect(run.states == [.ready(observed: LinkRun.seen)])
    #expect(run.switches == [])
    #expect(run.others.allSatisfy { $0.hasPrefix("path 0:") })
    #expect(run.receive(LinkRun.reply(), from: LinkRun.beacon) == .control)
  }

  @Test(
    "a single connection is checked when the network has changed, and dialled again if it carries nothing",
    arguments: [true, false])
  func check(_ carries: Bool) {
    var run = Run([.connection])
    run.on(.connected, Self.datagrams)
    run.others = []
    run.machine.networkChanged(to: nil, at: run.now)
    run.take()
    #expect(run.wants("echo"))
    if carries {
      let echo = LinkRun.delivery(from: LinkRun.node, Self.echoToken.echo(0, length: 20))
      #expect(run.receive(echo, from: Self.wss) == .probe)
    }
    run.pass(.seconds(2))
    #expect(run.wants("redial") == !carries)
  }

  @Test(
    "for as long as its round trip lets expect",
    arguments: [(nil, 1_000), (1, 500), (100, 500), (400, 1_200), (5_000, 3_000)] as [(roundTrip: Int?, limit: Int)])
  func checkLimit(_ roundTrip: Int?, _ limit: Int) {
    var run = Run([.connection])
    run.on(.connected, Self.datagrams)
    run.machine.resumed(roundTrip: roundTrip.map { .milliseconds($0) }, at: run.now)
    run.pass(.milliseconds(limit - 1))
    #expect(!run.wants("redial"))
    run.pass(.milliseconds(1))
    #expect(run.wants("redial"))
  }

  @Test("what names took to be looked up is part of UDP's head start", arguments: [0, 100, 250, 500])
  func headStart(_ lookup: Int) {
    let start = MonotonicInstant.start.advanced(by: .seconds(10))
    var run = Run(since: start, at: start.advanced(by: .milliseconds(lookup)))
    let left = 250 - lookup
    if left > 0 {
      run.pass(.milliseconds(left - 1))
      #expect(!run.wants("open(path 1)"))
    }
    run.pass(.milliseconds(left > 0 ? 1 : 0))
    #expect(run.wants("open(path 1)"))
  }
}
