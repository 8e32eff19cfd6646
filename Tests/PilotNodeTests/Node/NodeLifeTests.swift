import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

@Suite("A node's life", .timeLimit(.minutes(1)))
struct NodeLifeTests {
  @Test("leaving ends a reader who waits: closed, then nothing", arguments: Form.allCases)
  func leavesWaiting(_ form: Form) async throws {
    let node = try TestNetwork().node()
    let reading = Task {
      var receiver = try node.makeReceiver()
      return try await form.read(&receiver)
    }
    await Task.yield()
    node.leave()
    #expect(try await reading.value == [.state(.closed)])
    #expect(node.state == .closed)
  }

  @Test("each path's standing can be asked for, and there is none of a path that isn't")
  func standings() throws {
    let node = try TestNetwork().node()
    let standing = try #require(node.standing(of: PathID(0)))
    #expect(standing.state == .joining)
    #expect(standing.beacon == nil, "no URL was dialled")
    #expect(node.standing(of: PathID(1)) == nil)
    node.leave()
  }

  @Test("closing its transport is leaving", arguments: Form.allCases)
  func transportCloses(_ form: Form) async throws {
    let test = try TestNetwork()
    let node = try test.node()
    try test.deliver([1])
    var receiver = try node.makeReceiver()
    let told = try await form.read(&receiver) {
      if case .message = $0 { test.transport.close() }
    }
    #expect(told.last == .state(.closed))
    #expect(told.count == 3)
    #expect(node.state == .closed)
  }

  @Test("whoever answers its end over itself needs no case for that")
  func answersTheEnd() async throws {
    let test = try TestNetwork()
    let node = try test.node()
    try test.deliver([1])
    var receiver = try node.makeReceiver()
    var told: [Told] = []
    try await receiver.forEach { event throws(TransportError) in
      told.append(Told(event))
      if case .message = event { node.leave() }
      try node.send([2], to: TestNetwork.peer)
    }
    #expect(told.last == .state(.closed))
  }

  @Test("whenever it leaves, closed is told once and last", arguments: Form.allCases)
  func leavesAtAnyMoment(_ form: Form) async throws {
    for round in 0..<300 {
      let test = try TestNetwork()
      let node = try test.node()
      let leaving = Task {
        for _ in 0..<round % 7 { await Task.yield() }
        if round % 2 == 0 { node.leave() } else { test.transport.close() }
      }
      let telling = Task {
        for number in 0..<20 as Range<UInt8> {
          try test.tell(LinkRun.reply(number % 2 == 0 ? LinkRun.seen : LinkRun.elsewhere))
          try test.deliver([number])
        }
      }
      var receiver = try node.makeReceiver()
      let states = try await form.read(&receiver).compactMap(\.state)
      await leaving.value
      try await telling.value
      guard states.last == .closed, states.filter({ $0 == .closed }).count == 1 else {
        Issue.record("round \(round): \(states)")
        return
      }
    }
  }

  @Test("it is joined as long as somebody holds it or its receiver, in any order", arguments: [false, true])
  func holders(_ nodeFirst: Bool) async throws {
    let test = try TestNetwork()
    var node: Node? = try test.node()
    weak let driver = node?.driver
    var receiver = try node?.makeReceiver()
    if nodeFirst { node = nil } else { receiver = nil }
    try test.deliver([1])
    if nodeFirst {
      #expect(try await receiver?.nextTold() == .state(.ready(observed: nil)))
      receiver = nil
    } else {
      try node?.send([1], to: TestNetwork.peer)
      node = nil
    }
    var last: TransportEvent?
    for await event in test.transport.events { last = event }
    guard case .closed? = last else {
      Issue.record("\(String(describing: last))")
      return
    }
    // Its tasks have ended when nobody holds it any more; the time limit is the test's.
    while driver != nil { await Task.yield() }
  }

  @Test("an announcement that the transport refuses is tried again in time, again and again")
  func refusedAgain() async throws {
    let test = try TestNetwork()
    var times = TestNetwork.patient
    times.announcement.retry = .milliseconds(1)
    let node = try test.connected(times: times)
    test.transport.setSending(.reconnecting)
    test.transport.setSending(.limited(frames: 0))
    while node.counters.controlRefused < 5 { await Task.yield() }
    test.transport.setSending(.open)
    var atBeacon = try test.beacon.makeReceiver()
    let frame = try await atBeacon.next().copiedBytes
    #expect(try Discover(parsing: frame.span.raw).node == TestNetwork.id)
    node.leave()
  }

  @Test("a batch of another node's is refused, and stays as it is")
  func foreignBatch() throws {
    let (first, second) = (try TestNetwork().node(), try TestNetwork().node())
    var batch = first.makeBatch()
    #expect(batch.append([1], to: TestNetwork.peer) == true)
    do throws(TransportError) {
      _ = try second.send(contentsOf: batch)
      Issue.record("it was taken")
    } catch {
      #expect(error.code == .invalidDestination)
    }
    #expect(batch.count == 1)
    #expect(second.counters.messagesSent == 0)
    #expect(try first.send(contentsOf: batch) == 1)
    first.leave()
    second.leave()
  }

  @Test("messages leave with its ID in front, alone, together and as they are")
  func sends() async throws {
    let test = try TestNetwork()
    let node = try test.node()
    var atBeacon = try test.beacon.makeReceiver()
    // The announcement, and the probe behind it.
    for _ in 0..<2 { _ = try await atBeacon.next().copiedBytes }
    try node.send([1], to: TestNetwork.peer)
    var batch = node.makeBatch()
    for payload in [[2], []] as [[UInt8]] {
      let fits = batch.append(payload, to: TestNetwork.peer)
      #expect(fits)
    }
    let taken = try node.send(contentsOf: batch)
    #expect(taken == 2)
    let raw: [UInt8] = [9, 9]
    try node.send(frame: raw.span.raw, to: node.beacon)
    for payload in [[1], [2], []] as [[UInt8]] {
      let expected = Relay(sender: TestNetwork.id, destination: TestNetwork.peer, payload: payload.span.raw).encoded()
      #expect(try await atBeacon.next().copiedBytes == expected)
    }
    #expect(try await atBeacon.next().copiedBytes == raw)
    let counters = node.counters
    #expect(counters.messagesSent == 3)
    #expect(counters.framesSent == 1)
    #expect(counters.messagesSent + counters.framesSent + counters.controlSent == counters.transport.framesSent)
  }

  @Test("times that would be due without end are refused, and the transport is left alone")
  func badTimes() throws {
    let test = try TestNetwork()
    let changes: [(inout BeaconLink.Configuration) -> Void] = [
      { $0.askAgain = .zero }, { $0.probeAgain = .zero }, { $0.registration.retry = .zero },
      { $0.registration.interval = .seconds(-1) }, { $0.announcement.retry = .zero }, { $0.lossLimit = 0 },
    ]
    for change in changes {
      var times = TestNetwork.patient
      change(&times)
      let error = #expect(throws: TransportError.self) { _ = try test.node(times: times) }
      #expect(error?.code == .invalidConfiguration)
    }
    _ = try test.node()
  }
}
