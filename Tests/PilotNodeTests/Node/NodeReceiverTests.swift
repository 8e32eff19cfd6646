import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

@Suite("NodeReceiver", .timeLimit(.minutes(1)))
struct NodeReceiverTests {
  private static let ready = Told.state(.ready(observed: LinkRun.seen))
  private static let last = Told.message(TestNetwork.peer, TestNetwork.last)

  @Test("both forms tell the same, in one order, and no message before ready", arguments: Form.allCases)
  func order(_ form: Form) async throws {
    let test = try TestNetwork()
    let node = try test.node()
    let payload: [UInt8] = [3]
    let foreign = RelayDeliverDest(sender: TestNetwork.peer, destination: TestNetwork.peer, payload: payload.span.raw)
    let own = RelayDeliverDest(sender: TestNetwork.peer, destination: TestNetwork.id, payload: payload.span.raw)
    try test.tellFromElsewhere(LinkRun.delivery())
    try test.tell(LinkRun.reply())
    try test.deliver([1])
    try test.tell(foreign.encoded())
    try test.tell(LinkRun.reply(LinkRun.elsewhere))
    try test.deliver([2])
    try test.tell(own.encoded())
    try test.tellFromElsewhere([])
    try test.deliver(TestNetwork.last)

    var receiver = try node.makeReceiver()
    let told = try await form.read(&receiver) { if $0 == Self.last { node.leave() } }
    let stranger = test.stranger.localEndpoint
    #expect(
      told == [
        .direct(LinkRun.delivery(), stranger), .control(LinkRun.reply()), Self.ready, .message(TestNetwork.peer, [1]),
        .control(foreign.encoded()), .control(LinkRun.reply(LinkRun.elsewhere)), .message(TestNetwork.peer, [2]),
        .message(TestNetwork.peer, [3]), .direct([], stranger), Self.last, .state(.closed),
      ])

    let counters = node.counters
    #expect(counters.messagesReceived == 4)
    #expect(counters.controlReceived == 3)
    #expect(counters.directReceived == 2)
    #expect(counters.probesReceived == 0)
    #expect(counters.transport.framesReceived == 9)
    #expect(counters.controlSent == 3, "an announcement, a probe behind it, and one after the answer")
    #expect(counters.transport.framesSent == 3)
    #expect(counters.statesDropped == 0)
  }

  @Test("a frame of the node's own comes back for the link alone", arguments: Form.allCases)
  func probe(_ form: Form) async throws {
    let test = try TestNetwork()
    let node = try test.node()
    var atBeacon = try test.beacon.makeReceiver()
    let announcement = try await atBeacon.next().copiedBytes
    #expect(try Discover(parsing: announcement.span.raw).node == TestNetwork.id)
    try test.tell(LinkRun.reply())

    async let reading = Self.readAll(node, form)
    let frame = try await atBeacon.next().copiedBytes
    let relay = try Relay(parsing: frame.span.raw)
    #expect(relay.sender == TestNetwork.id)
    #expect(relay.destination == TestNetwork.id)
    try test.tell(RelayDeliver(sender: relay.sender, payload: relay.payload).encoded())
    try test.deliver(TestNetwork.last)
    #expect(try await reading == [.control(LinkRun.reply()), Self.ready, Self.last, .state(.closed)])
    #expect(node.counters.probesReceived == 1)
  }

  private static func readAll(_ node: Node, _ form: Form) async throws -> [Told] {
    var receiver = try node.makeReceiver()
    return try await form.read(&receiver) { if $0 == last { node.leave() } }
  }

  @Test("a closure that throws at a state leaves the message that showed it for the next call")
  func throwingBody() async throws {
    let test = try TestNetwork()
    let node = try test.node()
    try test.deliver([1])
    var receiver = try node.makeReceiver()
    await #expect(throws: TransportError.self) {
      try await receiver.forEach { _ throws(TransportError) in throw .cancelled }
    }
    let event = try await receiver.nextTold()
    #expect(event == .message(TestNetwork.peer, [1]))
    #expect(node.counters.messagesReceived == 1)
  }

  @Test("what has arrived is lent before whenDrained is called, and counted")
  func whenDrained() async throws {
    let test = try TestNetwork()
    let node = try test.node()
    for number in 0..<10 as Range<UInt8> { try test.deliver([number]) }
    var receiver = try node.makeReceiver()
    var lent = 0
    var drained: [Int] = []
    var counted: [UInt64] = []
    try await receiver.forEach { event throws(TransportError) in
      if case .message = event { lent += 1 }
    } whenDrained: { () async throws(TransportError) in
      drained.append(lent)
      counted.append(node.counters.messagesReceived)
      node.leave()
    }
    #expect(drained == [10])
    #expect(counted == [10])
  }

  @Test("a cancelled wait leaves the receiver as good as before", arguments: Form.allCases)
  func cancellation(_ form: Form) async throws {
    let test = try TestNetwork()
    let node = try test.node()
    let reading = Task {
      var receiver = try node.makeReceiver()
      await #expect(throws: TransportError.cancelled) { _ = try await form.read(&receiver) }
      try test.deliver(TestNetwork.last)
      return try await form.read(&receiver) { if $0 == Self.last { node.leave() } }
    }
    reading.cancel()
    #expect(try await reading.value == [.state(.ready(observed: nil)), Self.last, .state(.closed)])
  }

  @Test("while join waits, direct frames go, counted; a message and the states stay")
  func waiting() async throws {
    let test = try TestNetwork()
    let node = try test.node()
    try test.tellFromElsewhere([1])
    try test.tell(LinkRun.reply())
    try test.deliver(TestNetwork.last)
    var receiver = try node.makeReceiver()
    try await receiver.waitUntilReady()
    #expect(node.counters.directDropped == 1)
    let told = try await Form.next.read(&receiver) { if $0 == Self.last { node.leave() } }
    #expect(told == [Self.ready, Self.last, .state(.closed)])
    #expect(node.counters.transport.framesReceived == 3)
    #expect(node.counters.controlReceived + node.counters.messagesReceived + node.counters.directDropped == 3)
  }

  @Test("join says why it isn't ready: nobody answers, or the node has left", arguments: [false, true])
  func waitingInVain(_ leaves: Bool) async throws {
    let test = try TestNetwork()
    var times = BeaconLink.Configuration()
    times.patience = leaves ? .seconds(600) : .milliseconds(1)
    let node = try test.node(times: times)
    if leaves { node.leave() }
    var receiver = try node.makeReceiver()
    do {
      try await receiver.waitUntilReady()
      Issue.record("nobody has answered")
    } catch {
      #expect(error.code == (leaves ? .closed : .timedOut))
    }
  }

  @Test("states come to a reader who waits, also to one of two merged transports", arguments: [false, true])
  func states(_ merged: Bool) async throws {
    let test = try TestNetwork()
    let node = try test.connected(
      over: merged ? MergedTransport(test.transport, listeningTo: try test.network.makeTransport()) : nil)
    let reading = Task {
      var receiver = try node.makeReceiver()
      return try await Form.forEach.read(&receiver) { if $0.state?.isReady == true { node.leave() } }
    }
    test.transport.setSending(.reconnecting)
    test.transport.setSending(.open)
    let told = try await reading.value
    #expect(told.count == 3)
    #expect(told.dropFirst() == [.state(.ready(observed: nil)), .state(.closed)])
  }

  @Test("there is one receiver")
  func oneReceiver() throws {
    let node = try TestNetwork().node()
    _ = try node.makeReceiver()
    #expect(throws: TransportError.receiverTaken) { _ = try node.makeReceiver() }
  }

  @Test("forged challenges are neither signed nor answered; the beacon's is, once")
  func challenges() async throws {
    let test = try TestNetwork()
    let node = try test.node()
    for number in 0..<100 as Range<UInt64> { try test.tellFromElsewhere(LinkRun.challenge(number).encoded()) }
    for number in 0..<100 as Range<UInt64> { try test.tell(LinkRun.challenge(number).encoded()) }
    try test.deliver(TestNetwork.last)
    var receiver = try node.makeReceiver()
    _ = try await Form.forEach.read(&receiver) { if $0 == Self.last { node.leave() } }
    #expect(node.counters.proofsSent == 1)
    #expect(node.counters.controlSent == 4, "with the announcement, and a probe behind each")
    #expect(node.counters.directReceived == 100)
  }
}
