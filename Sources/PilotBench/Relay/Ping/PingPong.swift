import PilotConsole
import PilotNode
import PilotTransport
import PilotWire
import Synchronization

/// Round trips from one node through the beacon to another, and back.
struct PingPong: Sendable {
  let cell: BenchCell
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
      asking.leave()
      answering.leave()
    }
    let session = AskingNode(node: asking.node, peer: answering.id, length: length)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { _ = try await answering.serve(Echo(node: answering.node)) }
      group.addTask { _ = try await asking.serve(session) }
      try await answering.awaitReady()
      try await asking.awaitReady()
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
  let node: Node

  mutating func received(_ delivery: borrowing BenchDelivery) {
    // One that doesn't leave is asked for again.
    try? node.send(delivery.payload, to: delivery.sender)
  }
}

/// The asking node: sends the next ping as soon as an answer comes, on the thread that received it.
private final class AskingNode: DeliveryHandler {
  private let node: Node
  private let peer: NodeID
  private let payload: BenchPayload
  private let machine = Mutex(PingMachine(from: .start, for: .zero))
  private let finished = Alarm()

  init(node: Node, peer: NodeID, length: Int) {
    self.node = node
    self.peer = peer
    payload = BenchPayload(length: length)
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
      var payload = payload
      payload.stamp(number, at: 0)
      // One that doesn't leave is sent again.
      try? node.send(payload.bytes, to: peer)
    case .end:
      finished.ring()
    case .wait:
      break
    }
    return action
  }
}
