import PilotConsole
import PilotTransport
import PilotWire
import Synchronization

/// Round trips from one node through the beacon to another, and back.
struct PingPong: Sendable {
  let cell: RelayCell
  /// The payload's bytes.
  let length: Int
  let duration: Duration
  /// For the correction of stalls; nil for none.
  var interval: Duration?

  /// How often the clock is looked at.
  private static let pulse: Duration = .milliseconds(50)

  /// What round trips took.
  struct Outcome: Sendable {
    let times: LatencyHistogram
    /// Pings that had to be sent again.
    let lost: Int
  }

  /// Measures with two new nodes.
  func run(at beacon: MeasuredBeacon, numbers: NodeNumbers) async throws -> Outcome {
    let asking = try await beacon.open(cell.from, numbers)
    let answering = try await beacon.open(cell.to, numbers)
    defer {
      asking.transport.close()
      answering.transport.close()
    }
    let session = PingSession(node: asking, peer: answering.id, length: length)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      let (atAsking, atAnswering) = (DeliveryGate(), DeliveryGate())
      group.addTask { _ = try await answering.serve(Echo(node: answering), registrations: atAnswering) }
      group.addTask { _ = try await asking.serve(session, registrations: atAsking) }
      try await answering.register(atAnswering)
      try await asking.register(atAsking)
      // The first round trips find the way, and fill caches.
      _ = try await session.measure(for: .milliseconds(100), interval: nil, pulse: Self.pulse)
      let outcome = try await session.measure(for: duration, interval: interval, pulse: Self.pulse)
      guard outcome.times.count > outcome.lost else {
        throw CommandFailure(
          "the beacon relays nothing between the nodes", hint: "a node's number may be taken; try again in a minute")
      }
      return outcome
    }
  }
}

/// Sends back what is delivered.
private struct Echo: DeliveryHandler {
  let node: BenchNode

  mutating func received(_ delivery: borrowing BenchDelivery) {
    let frame = Relay(sender: node.id, destination: delivery.sender, payload: delivery.payload).encoded()
    // One that doesn't leave is asked for again.
    _ = try? node.transport.send(frame, to: node.beacon)
  }
}

/// The asking node: sends the next ping as soon as an answer comes, on the thread that received it.
private final class PingSession: DeliveryHandler {
  private let node: BenchNode
  private let frame: BenchFrame
  private let machine = Mutex(PingMachine(from: .start, for: .zero))
  private let finished = Alarm()

  init(node: BenchNode, peer: NodeID, length: Int) {
    self.node = node
    frame = BenchFrame(from: node.id, to: peer, length: length)
  }

  func received(_ delivery: borrowing BenchDelivery) {
    let sequence = delivery.sequence
    perform { $0.answered(sequence, at: .now()) }
  }

  func readCompleted() {}

  func measure(for duration: Duration, interval: Duration?, pulse: Duration) async throws -> PingPong.Outcome {
    machine.withLock { $0 = PingMachine(from: .now(), for: duration, interval: interval) }
    perform { $0.start(at: .now()) }
    while perform({ $0.tick(at: .now()) }) != .end {
      await finished.wait(for: pulse)
      try Task.checkCancellation()
    }
    return machine.withLock { PingPong.Outcome(times: $0.times, lost: $0.lost) }
  }

  @discardableResult
  private func perform(_ event: (inout PingMachine) -> PingMachine.Action) -> PingMachine.Action {
    let action = machine.withLock { event(&$0) }
    switch action {
    case .send(let number):
      var frame = frame
      frame.stamp(number, at: 0)
      // One that doesn't leave is sent again.
      _ = try? node.transport.send(frame.span, to: node.beacon)
    case .end:
      finished.ring()
    case .wait:
      break
    }
    return action
  }
}
