import PilotNode
import PilotTransport
import PilotWire

/// Sends a flood's frames over a node, to other nodes.
struct NodeOutlet: FloodOutlet, ~Copyable {
  private let node: Node
  private let isBatched: Bool
  private let isSpread: Bool
  private var destination: NodeID
  private var destinations: FloodDestinations
  private var payload: BenchPayload
  private var batch: NodeBatch

  /// - Parameters:
  ///   - node: What sends.
  ///   - destinations: Whom to.
  ///   - length: The payload's bytes.
  ///   - isBatched: Whether frames go by the batch.
  init(_ node: Node, to destinations: FloodDestinations, length: Int, isBatched: Bool) {
    self.node = node
    self.isBatched = isBatched
    isSpread = !destinations.isOne
    var destinations = destinations
    payload = BenchPayload(length: length)
    destination = destinations.next() ?? node.id
    self.destinations = destinations
    batch = node.makeBatch()
  }

  mutating func send(_ count: Int, from sequence: Int, at now: MonotonicInstant) throws(TransportError) -> Int {
    do throws(TransportError) {
      return try isBatched
        ? sendBatch(count, from: sequence, at: now.nanoseconds)
        : sendOneByOne(count, from: sequence, at: now.nanoseconds)
    } catch {
      guard error.code == .backpressure else { throw error }
      return 0
    }
  }

  private mutating func sendBatch(_ count: Int, from sequence: Int, at now: UInt64) throws(TransportError) -> Int {
    batch.removeAll()
    var next = sequence
    while next < sequence + count {
      prepare(next, at: now)
      guard Self.append(payload, to: destination, &batch) else { break }
      next += 1
    }
    return try node.send(contentsOf: batch)
  }

  private static func append(_ payload: BenchPayload, to destination: NodeID, _ batch: inout NodeBatch) -> Bool {
    batch.append(payload.bytes, to: destination)
  }

  private mutating func sendOneByOne(_ count: Int, from sequence: Int, at now: UInt64) throws(TransportError) -> Int {
    var sent = 0
    do throws(TransportError) {
      while sent < count {
        prepare(sequence + sent, at: now)
        try node.send(payload.bytes, to: destination)
        sent += 1
      }
    } catch {
      // Those before it count; the next turn meets the reason again, if it lasts.
      if sent == 0 { throw error }
    }
    return sent
  }

  private mutating func prepare(_ sequence: Int, at now: UInt64) {
    payload.stamp(UInt64(sequence), at: now)
    if isSpread, let next = destinations.next() { destination = next }
  }
}
