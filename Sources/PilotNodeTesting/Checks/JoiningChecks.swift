import PilotNode
import PilotTesting
import PilotTransport

/// When a node is ready, and whom it believes.
extension NodeConformance.Check {
  /// An answer says only that the beacon is there.
  public static let joins = Self("announces itself, and is ready when a frame has come through the beacon, told once") {
    trial in
    let side = try await trial.start()
    if trial.fixture.path == .datagrams, side.node.state != .joining {
      throw Violation("its first state has to be joining, and is \(side.node.state)")
    }
    try await side.becomeReady()
    try await side.sendFromBeacon(BeaconFrames.delivery([1]))
    try await side.expect(.message(BeaconFrames.peer, [1]))
  }

  /// Whoever waits for ready misses no message.
  public static let tellsReadyFirst = Self("tells that it is ready before the first message") { trial in
    for form in ReadingForm.allCases {
      let side = try await trial.start()
      try await side.sendFromBeacon(BeaconFrames.delivery([1]))
      trial.base.step = "waiting for ready and a message"
      let events = try await side.reader.readAll(form) { if case .message = $0 { side.node.leave() } }
      let expected: [KeptEvent] = [
        .state(.ready(observed: nil)), .message(BeaconFrames.peer, [1]), .state(.closed),
      ]
      guard events == expected else { throw Violation("expected \(expected), and got \(events)") }
    }
  }

  /// Before the node is ready and after.
  public static let believesTheBeaconOnly = Self("takes frames of others for what they are, whatever stands in them") {
    trial in
    guard let makeStranger = trial.fixture.makeStranger else {
      throw NotApplicable("nobody but the beacon reaches the node")
    }
    let side = try await trial.start()
    trial.base.step = "making a stranger"
    let stranger = try await makeStranger(side.link)
    trial.base.close(atEnd: stranger)
    for isReady in [false, true] {
      if isReady { try await side.becomeReady() }
      for frame in BeaconFrames.forgeries {
        trial.base.step = "sending a stranger's frame"
        try await stranger.send(frame)
        let event = try await side.nextEvent("a stranger's frame")
        guard case .direct(frame, let source) = event, source != side.node.beacon else {
          throw Violation("expected a frame of a stranger's that is direct, and got \(event)")
        }
      }
      guard side.node.state.isReady == isReady else { throw Violation("a stranger made it \(side.node.state)") }
    }
    guard side.node.counters.proofsSent == 0 else { throw Violation("it has signed what a stranger asked for") }
    try await side.sendFromBeacon(BeaconFrames.delivery([3]))
    try await side.expect(.message(BeaconFrames.peer, [3]))
  }

  /// Several nodes may share an endpoint.
  public static let leavesOthersMessages = Self("takes a delivery that names another node for no message of its own") {
    trial in
    let side = try await trial.join()
    let foreign = BeaconFrames.delivery([1], to: BeaconFrames.peer)
    try await side.sendFromBeacon(foreign)
    try await side.expect(.control(foreign))
    try await side.sendFromBeacon(BeaconFrames.delivery([2], to: BeaconFrames.node))
    try await side.expect(.message(BeaconFrames.peer, [2]))
  }
}
