import PilotTransport
import PilotWire

/// A receiver of a flood: checks each frame's number, and tells the sender how many have come.
struct FloodTally: DeliveryHandler {
  /// The number of frames that only find out whether there is a way.
  static let probe = UInt64.max

  let sender: NodeID
  /// The payload's bytes.
  let length: Int
  let gate: DeliveryGate
  /// Opens at the first probe.
  let isReached: DeliveryGate
  private var check = SequenceCheck()
  private var told = 0
  /// Frames that aren't as they were sent.
  private(set) var invalid = 0

  init(sender: NodeID, length: Int, gate: DeliveryGate, isReached: DeliveryGate) {
    self.sender = sender
    self.length = length
    self.gate = gate
    self.isReached = isReached
  }

  /// Frames that came more than once.
  var repeated: Int { check.repeated }

  mutating func received(_ delivery: borrowing BenchDelivery) {
    guard delivery.sender == sender, delivery.payload.byteCount == length else {
      invalid += 1
      return
    }
    guard delivery.sequence != Self.probe else { return isReached.add(1, at: 0) }
    check.take(delivery.sequence)
  }

  mutating func readCompleted() {
    let more = check.fresh - told
    guard more > 0 else { return }
    told = check.fresh
    gate.add(more, at: MonotonicInstant.now().nanoseconds)
  }
}

/// A node that only sends: what is delivered to it is of no interest.
struct IgnoredDeliveries: DeliveryHandler {
  mutating func received(_ delivery: borrowing BenchDelivery) {}
}
