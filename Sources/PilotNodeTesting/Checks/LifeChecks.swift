import PilotNode
import PilotTesting
import PilotTransport

/// One receiver, and how it ends.
extension NodeConformance.Check {
  /// A second receiver would take events from the first.
  public static let handsOutOneReceiver = Self("hands out one receiver, which keeps working when a second is asked for")
  {
    trial in
    let side = try await trial.join()
    for _ in 0..<2 {
      try await expectFailure(.receiverTaken, "the second makeReceiver") { _ = try side.node.makeReceiver() }
    }
    try await side.sendFromBeacon(BeaconFrames.delivery([1]))
    try await side.expect(.message(BeaconFrames.peer, [1]))
  }

  /// In both forms.
  public static let survivesCancellation = Self("ends a cancelled wait with .cancelled, and tells on") { trial in
    let side = try await trial.join()
    for form in ReadingForm.allCases {
      trial.base.step = "waiting for a cancelled read to end"
      let reading = Task { try await side.reader.readAll(form) }
      reading.cancel()
      try await expectFailure(.cancelled, "a cancelled read") { _ = try await reading.value }
      try await side.sendFromBeacon(BeaconFrames.delivery([1]))
      try await side.expect(.message(BeaconFrames.peer, [1]))
    }
    guard side.node.state.isReady else { throw Violation("a cancelled read made it \(side.node.state)") }
  }

  /// However often it is asked, and however often it leaves.
  public static let endsWithClosed = Self("tells closed once and last, then nothing, and sends no more") { trial in
    for form in ReadingForm.allCases {
      let side = try await trial.join()
      for _ in 0..<2 { side.node.leave() }
      try await side.expectEnd(form)
    }
  }

  /// The reader waits, or is about to.
  public static let leavesWhileRead = Self("wakes its reader when it leaves") { trial in
    for form in ReadingForm.allCases {
      let side = try await trial.join()
      try await side.expectEnd(form) { side.node.leave() }
    }
  }

  /// There is nothing that it could go on with.
  public static let closesWithItsTransport = Self("has left when its transport is closed") { trial in
    for form in ReadingForm.allCases {
      let side = try await trial.join()
      try await side.expectEnd(form) { side.link.transport.close() }
    }
  }
}

extension NodeSide {
  /// The node has left, or does so by this call while it is read: closed is told, and nothing else.
  ///
  /// The call has returned before sends are looked at: a reader can end while another thread still closes.
  fileprivate func expectEnd(_ form: ReadingForm, by end: () -> Void = {}) async throws {
    trial.base.step = "waiting for the node's reader to end by \(form)"
    let reading = Task { try await reader.readAll(form) }
    await Task.yield()
    end()
    let events = try await reading.value
    guard events == [.state(.closed)] else { throw Violation("expected the state closed alone, and got \(events)") }
    for _ in 0..<2 {
      if let event = try await reader.next() { throw Violation("it told \(event) after closed") }
    }
    guard node.state == .closed else { throw Violation("its state is \(node.state) when closed has been told") }
    try await expectFailure(.closed, "sending when the node has left") { try node.send([1], to: BeaconFrames.peer) }
    try await expectFailure(.closed, "sending over a transport whose node has left") {
      try link.transport.send([1], to: link.destination)
    }
  }
}
