import PilotTransport
import PilotWire

/// The sending half of a cell: relays the content with a bounded number of frames under way, then measures round trips.
///
/// The bound stands in for the flow control that a real stream has: without one, a sender outruns any receiver's socket
/// buffer.
struct DemoSender: ~Copyable {
  /// Frames under way at most: about what the smallest default socket buffer holds (212,992 bytes on Linux).
  static let window = 64
  /// Round trips measured after the content.
  static let roundTrips = 500

  private let node: DemoNode
  private let peer: NodeID
  private let content: DemoContent
  private var receiver: Receiver
  private var batch = FrameBatch()
  private var next = 0
  private var acknowledged = 0

  init(node: DemoNode, peer: NodeID, content: DemoContent, receiver: consuming Receiver) {
    self.node = node
    self.peer = peer
    self.content = content
    self.receiver = receiver
  }

  /// Sends everything and returns when the last frame is acknowledged.
  mutating func sendContent(progress: DemoProgress) async throws {
    while acknowledged < content.chunkCount {
      while next < content.chunkCount, next - acknowledged < Self.window {
        let frame = try content.withChunk(next) { (chunk) throws(WireError) in
          try node.relayed(chunk, sequence: UInt32(truncatingIfNeeded: next), acknowledgement: 0, to: peer)
        }
        guard batch.append(frame, to: node.beacon) else { break }
        next += 1
      }
      try flush()
      try await receiveAcknowledgements()
      progress.reached(acknowledged)
    }
  }

  /// Measures round trips to the peer and back, one at a time.
  mutating func measureRoundTrips() async throws -> [Duration] {
    var times: [Duration] = []
    times.reserveCapacity(Self.roundTrips)
    let clock = ContinuousClock()
    for trip in 1...Self.roundTrips {
      let sequence = content.chunkCount + trip - 1
      let frame = try node.relayed(RawSpan(), sequence: UInt32(sequence), acknowledgement: 0, to: peer)
      let start = clock.now
      try node.transport.send(frame, to: node.beacon)
      while acknowledged <= sequence { try await receiveAcknowledgements() }
      times.append(start.duration(to: clock.now))
    }
    return times
  }

  /// A full queue empties within milliseconds, and acknowledgements come meanwhile: what wasn't taken goes with the next
  /// turn.
  private mutating func flush() throws(TransportError) {
    guard !batch.isEmpty else { return }
    do {
      let taken = try node.transport.send(contentsOf: batch)
      batch.removeFirst(taken)
    } catch  where error.code == .backpressure && acknowledged < next - batch.count {
      return
    }
  }

  private mutating func receiveAcknowledgements() async throws(TransportError) {
    var newest = acknowledged
    try await receiver.receive { frame, source in
      guard source == node.beacon, let delivery = try? DemoDelivery(frame), delivery.sender == peer else { return }
      newest = max(newest, Int(delivery.header.acknowledgement))
    }
    acknowledged = newest
  }
}
