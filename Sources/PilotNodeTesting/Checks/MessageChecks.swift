import PilotNode
import PilotTesting
import PilotTransport

/// What becomes of messages.
extension NodeConformance.Check {
  /// In the beacon's two forms, the second of which has 4 bytes more.
  public static let keepsPayloads = Self("keeps the bytes of what it is sent, empty and longest messages among them") {
    trial in
    let side = try await trial.join()
    let longest = trial.promises.maximumFrameLength - 5
    for length in [0, 1, 16, min(1_200, longest), longest] {
      let payload = Bytes.pattern(length)
      try await side.sendFromBeacon(BeaconFrames.delivery(payload))
      try await side.expectMessages([payload])
    }
    for length in [0, longest - 4] {
      let payload = Bytes.pattern(length)
      try await side.sendFromBeacon(BeaconFrames.delivery(payload, to: BeaconFrames.node))
      try await side.expectMessages([payload])
    }
  }

  /// Up to what it says is the longest.
  public static let sendsPayloads = Self("sends messages up to the longest, and refuses a longer one, which isn't sent")
  {
    trial in
    let side = try await trial.join()
    let (longest, frame) = (side.node.maximumPayloadLength, trial.promises.maximumFrameLength)
    guard longest == frame - 9 else {
      throw Violation("its longest payload has to be 9 bytes shorter than a frame of \(frame), and is \(longest)")
    }
    try await expectFailure(.frameTooLarge(limit: frame), "sending \(longest + 1) bytes") {
      try side.node.send(Bytes.pattern(longest + 1), to: BeaconFrames.peer)
    }
    for length in [0, 1, min(1_200, longest), longest] {
      let payload = Bytes.pattern(length)
      try await side.send(payload)
      try await side.expectAtBeacon([payload])
    }
  }

  /// All are on their way before the first is read.
  public static let keepsOrder = Self("keeps messages apart, and in their order where the transport does") { trial in
    let side = try await trial.join()
    for payload in trial.payloads { try await side.sendFromBeacon(BeaconFrames.delivery(payload)) }
    try await side.expectMessages(trial.payloads)
  }

  /// One message, then a batch of up to three, and so on.
  public static let keepsOrderOfBothForms = Self("sends batches as if one by one, and in order with single messages") {
    trial in
    let side = try await trial.join()
    var rest = trial.payloads[...]
    while let first = rest.popFirst() {
      try await side.send(first)
      var batch = side.node.makeBatch(byteCapacity: 4_096, payloadCapacity: 8)
      for payload in rest.prefix(3) {
        guard batch.append(payload, to: BeaconFrames.peer) else { throw Violation("no room in a batch") }
      }
      rest = rest.dropFirst(batch.count)
      while !batch.isEmpty { batch.removeFirst(try await side.send(batch)) }
    }
    try await side.expectAtBeacon(trial.payloads)
  }

  /// Whatever the reason, and counted among the beacon's other frames.
  public static let tellsWhoIsGone = Self("tells that a node isn't there when its beacon says so, and whom it means") {
    trial in
    let side = try await trial.join()
    let before = side.node.counters
    let later: [UInt8] = BeaconFrames.gone.dropLast() + [255, 1, 2]
    let broken = Array(BeaconFrames.gone.dropLast())
    for frame in [BeaconFrames.gone, later, broken] { try await side.sendFromBeacon(frame) }
    let expected: [KeptEvent] = [
      .gone(BeaconFrames.peer, BeaconFrames.gone), .gone(BeaconFrames.peer, later), .control(broken),
    ]
    var left = expected
    for _ in expected {
      let event = try await side.nextEvent("one of \(left)")
      let position = trial.promises.keepsOrder ? 0 : left.firstIndex(of: event) ?? 0
      guard event == left[position] else { throw Violation("expected \(left[position]), and got \(event)") }
      left.remove(at: position)
    }
    let after = side.node.counters
    guard after.goneReceived == before.goneReceived + 2, after.controlReceived >= before.controlReceived + 3 else {
      throw Violation("two notices and another frame came, and \(after) were counted after \(before)")
    }
    guard side.node.state.isReady else { throw Violation("another node's end made it \(side.node.state)") }
  }

  /// Messages, other frames and the end.
  public static let tellsTheSameInBothForms = Self("tells the same by next() and forEach") { trial in
    guard trial.promises.keepsOrder else { throw NotApplicable("it promises no order") }
    let foreign = BeaconFrames.delivery([1], to: BeaconFrames.peer)
    let last = KeptEvent.message(BeaconFrames.peer, [255])
    let expected: [KeptEvent] = [
      .message(BeaconFrames.peer, []), .control(foreign), .message(BeaconFrames.peer, [2]),
      .gone(BeaconFrames.peer, BeaconFrames.gone), .control(BeaconFrames.notice), last, .state(.closed),
    ]
    for form in ReadingForm.allCases {
      let side = try await trial.join()
      let frames = [
        BeaconFrames.delivery([]), foreign, BeaconFrames.delivery([2], to: BeaconFrames.node), BeaconFrames.gone,
        BeaconFrames.notice, BeaconFrames.delivery([255]),
      ]
      for frame in frames { try await side.sendFromBeacon(frame) }
      trial.base.step = "reading all by \(form)"
      let events = try await side.reader.readAll(form) { if $0 == last { side.node.leave() } }
      guard events == expected else { throw Violation("expected \(expected) by \(form), and got \(events)") }
    }
  }

  /// What the node says it did is what its transport did.
  public static let countsWhatPasses = Self("counts what passes, so that it adds up with its transport's counters") {
    trial in
    let side = try await trial.join()
    let payloads = trial.payloads
    for payload in payloads {
      try await side.send(payload)
      try await side.sendFromBeacon(BeaconFrames.delivery(payload))
    }
    try await side.sendFromBeacon(BeaconFrames.notice)
    try await side.expectMessages(payloads)
    try await side.expect(.control(BeaconFrames.notice))
    try await side.expectAtBeacon(payloads)
    let counts = side.node.counters
    guard counts.messagesSent == payloads.count, counts.messagesReceived == payloads.count else {
      throw Violation("\(payloads.count) messages went each way, and \(counts) were counted")
    }
    // A frame may be counted a moment after its peer has it.
    try await side.eventuallyCounted("waiting for the node's counters to add up") {
      let node = side.node.counters
      let sent = node.messagesSent + node.framesSent + node.duplicatesSent + node.controlSent
      let received =
        node.messagesReceived + node.controlReceived + node.probesReceived + node.directReceived + node.directDropped
      return sent == node.transport.framesSent + node.transport.drops.outgoing
        && received == node.transport.framesReceived
    }
  }
}
