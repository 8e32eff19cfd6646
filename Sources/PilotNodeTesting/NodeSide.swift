import PilotNode
import PilotTesting
import PilotTransport
import PilotWire

/// A node under test with its beacon, which the check plays, and the steps that most checks consist of.
struct NodeSide: Sendable {
  let trial: NodeTrial
  let link: TransportLink
  let node: Node
  let reader: NodeReader

  /// Plays the beacon that a node joins, until it is ready.
  func becomeReady() async throws {
    switch trial.fixture.path {
    case .datagrams:
      try await expectAnnouncement()
      let early = try await nextProbe()
      try await sendFromBeacon(BeaconFrames.reply)
      try await expect(.control(BeaconFrames.reply))
      guard !node.state.isReady else { throw Violation("it is ready by an answer, when nothing has come through") }
      // The first one may have come before a beacon knew the node.
      guard try await nextProbe() == early else { throw Violation("its frames to itself differ") }
      try await sendFromBeacon(early)
      try await expect(.state(.ready(observed: BeaconFrames.observed)))
    case .connection:
      try await sendFromBeacon(BeaconFrames.notice)
      // The transport's event may have shown it before the first frame, and that one shows it otherwise.
      var left: [KeptEvent] = [.state(.ready(observed: nil)), .control(BeaconFrames.notice)]
      while !left.isEmpty {
        let event = try await nextEvent("the connection's first frame, and ready")
        guard let index = left.firstIndex(of: event) else { throw Violation("expected \(left), and got \(event)") }
        left.remove(at: index)
      }
      try await expectAnnouncement()
    }
    guard node.state.isReady else { throw Violation("it has told that it is ready, and its state is \(node.state)") }
  }

  // MARK: The beacon

  func sendFromBeacon(_ frame: [UInt8]) async throws {
    trial.base.step = "sending \(Bytes.describe(frame)) from the beacon"
    try await link.peer.send(frame)
  }

  func nextAtBeacon(_ what: String) async throws -> [UInt8] {
    trial.base.step = "waiting for \(what) at the beacon"
    return try await link.peer.next()
  }

  /// The node's frame to itself, as the beacon delivers it.
  private func nextProbe() async throws -> [UInt8] {
    let relayed = try await nextAtBeacon("the node's frame to itself")
    guard let probe = try? Relay(parsing: relayed.span.raw), probe.sender == node.id, probe.destination == node.id
    else { throw Violation("expected the node's frame to itself at the beacon, and got \(Bytes.describe(relayed))") }
    return RelayDeliver(sender: probe.sender, payload: probe.payload).encoded()
  }

  private func expectAnnouncement() async throws {
    let frame = try await nextAtBeacon("the node's announcement")
    guard let discover = try? Discover(parsing: frame.span.raw), discover.node == node.id else {
      throw Violation("expected the node's announcement at the beacon, and got \(Bytes.describe(frame))")
    }
  }

  /// These payloads for the other node come to the beacon, in this order where order is promised.
  func expectAtBeacon(_ payloads: [[UInt8]]) async throws {
    var left = payloads.map(BeaconFrames.relay)
    for number in payloads.indices {
      let what = "message \(number + 1) of \(payloads.count)"
      let frame = try await nextAtBeacon(what)
      let position = trial.promises.keepsOrder ? 0 : left.firstIndex(of: frame) ?? 0
      try Bytes.expect(frame, toBe: left[position], "as \(what) at the beacon")
      left.remove(at: position)
    }
  }

  // MARK: The node

  func nextEvent(_ what: String) async throws -> KeptEvent {
    trial.base.step = "waiting for \(what)"
    guard let event = try await reader.next() else { throw Violation("expected \(what), and the node had left") }
    return event
  }

  /// The next event is this one.
  func expect(_ expected: KeptEvent) async throws {
    let event = try await nextEvent("\(expected)")
    guard event == expected else { throw Self.violation(expected: expected, got: event) }
  }

  /// These messages come, in this order where order is promised.
  func expectMessages(_ payloads: [[UInt8]]) async throws {
    var left = payloads.map { KeptEvent.message(BeaconFrames.peer, $0) }
    for number in payloads.indices {
      let event = try await nextEvent("message \(number + 1) of \(payloads.count)")
      let position = trial.promises.keepsOrder ? 0 : left.firstIndex(of: event) ?? 0
      guard event == left[position] else {
        throw Self.violation(expected: left[position], got: event, "as message \(number + 1) of \(payloads.count)")
      }
      left.remove(at: position)
    }
  }

  /// Waits for what the node is to have counted, while it is read.
  ///
  /// What a transport has handed over counts there, and at the node when the receiver is asked for it. Frames come together: behind
  /// the last one that a check waits for there may be others, such as the node's own, come back, which belong to nobody as long as
  /// nobody reads on.
  func eventuallyCounted(_ step: String, _ condition: @Sendable () -> Bool) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [reader] in
        while (try? await reader.next()) != nil {}
      }
      try await trial.base.eventually(step, condition)
      group.cancelAll()
    }
  }

  private static func violation(expected: KeptEvent, got event: KeptEvent, _ place: String = "next") -> Violation {
    let difference = "\(expected)" == "\(event)" ? " with other bytes" : ""
    return Violation("expected \(expected) \(place), and got \(event)\(difference)")
  }

  /// Sends a message to the other node, again and again while the queue is full.
  func send(_ payload: [UInt8]) async throws(TransportError) {
    trial.base.step = "sending a message of \(payload.count) bytes"
    while true {
      do {
        return try node.send(payload, to: BeaconFrames.peer)
      } catch {
        guard error.retry == .soon, !Task.isCancelled else { throw error }
        await Task.yield()
      }
    }
  }

  /// Sends a batch, again and again while the queue is full. Returns how many messages were taken.
  func send(_ batch: borrowing NodeBatch) async throws(TransportError) -> Int {
    trial.base.step = "sending a batch of \(batch.count) messages"
    while true {
      do {
        return try node.send(contentsOf: batch)
      } catch {
        guard error.retry == .soon, !Task.isCancelled else { throw error }
        await Task.yield()
      }
    }
  }
}
