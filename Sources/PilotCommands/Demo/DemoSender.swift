import PilotNode
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

  private let node: Node
  private let peer: NodeID
  private let content: DemoContent
  private var receiver: NodeReceiver
  private var batch: NodeBatch
  private var next = 0
  private var acknowledged = 0

  /// - Throws: `.receiverTaken`, if somebody reads the node.
  init(node: Node, peer: NodeID, content: DemoContent) throws(TransportError) {
    self.node = node
    self.peer = peer
    self.content = content
    receiver = try node.makeReceiver()
    batch = node.makeBatch()
  }

  /// Sends everything and returns when the last frame is acknowledged.
  mutating func sendContent(progress: DemoProgress) async throws {
    while acknowledged < content.chunkCount {
      while next < content.chunkCount, next - acknowledged < Self.window {
        let packet = try content.withChunk(next) { (chunk) throws(WireError) in try encoded(chunk, next) }
        guard batch.append(packet, to: peer) else { break }
        next += 1
      }
      try flush()
      try await receiveAcknowledgement()
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
      let packet = try encoded(RawSpan(), sequence)
      let start = clock.now
      try node.send(packet, to: peer)
      while acknowledged <= sequence { try await receiveAcknowledgement() }
      times.append(start.duration(to: clock.now))
    }
    return times
  }

  /// A full queue empties within milliseconds, and acknowledgements come meanwhile: what wasn't taken goes with the next
  /// turn.
  private mutating func flush() throws(TransportError) {
    guard !batch.isEmpty else { return }
    do {
      let taken = try node.send(contentsOf: batch)
      batch.removeFirst(taken)
    } catch  where error.code == .backpressure && acknowledged < next - batch.count {
      return
    }
  }

  private func encoded(_ payload: RawSpan, _ sequence: Int) throws(WireError) -> [UInt8] {
    try DemoPacket.encoded(
      payload, from: node.id, to: peer, sequence: UInt32(truncatingIfNeeded: sequence), acknowledgement: 0)
  }

  private mutating func receiveAcknowledgement() async throws(TransportError) {
    let newest = try await nextAcknowledgement()
    acknowledged = max(acknowledged, newest)
  }

  /// What the next event acknowledges: nothing, if it is another one.
  private mutating func nextAcknowledgement() async throws(TransportError) -> Int {
    let peer = peer
    guard let event = try await receiver.next() else { throw .closed }
    guard case .message(let message) = event, message.sender == peer,
      let packet = try? DemoPacket(parsing: message.payload)
    else { return 0 }
    return Int(packet.header.acknowledgement)
  }
}
