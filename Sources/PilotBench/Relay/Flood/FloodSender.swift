import PilotNode
import PilotTransport
import PilotWire

/// Sends a flood's frames, never more under way than the window allows.
struct FloodSender: Sendable {
  let node: BenchNode
  let destinations: FloodDestinations
  /// The payload's bytes.
  let length: Int
  /// Frames under way at most.
  let window: Int
  /// Whether frames go by the batch.
  let isBatched: Bool
  let duration: Duration
  let gate: DeliveryGate

  /// What was sent.
  struct Sent: Sendable {
    var frames: Int
    /// From the first frame sent to the last one delivered.
    var elapsed: Duration
  }

  /// How long nothing may come behind the last frame sent.
  private static let silence: Duration = .milliseconds(300)
  /// The sender wakes for a quarter of the window at least: each time costs two threads a hand-over.
  private var quantum: Int { max(1, window / 4) }

  /// Sends for the duration, then waits for what is under way.
  func send() async throws -> Sent {
    let start = MonotonicInstant.now()
    let end = start.advanced(by: duration)
    var window = SendWindow(size: window, at: start)
    var outgoing = FloodOutgoing(self)
    var batch = node.node.makeBatch()
    var now = start
    while now < end, !Task.isCancelled {
      let room = window.room(delivered: gate.delivered, at: now)
      if room < quantum {
        await gate.wait(until: window.target(for: quantum))
      } else {
        let taken = try outgoing.send(room, from: window.sent, at: now, using: &batch)
        window.send(taken)
        // A queue is full: as soon as something arrives, there is room in it.
        if taken == 0 { await gate.wait(until: gate.delivered + 1) }
      }
      now = .now()
    }
    await awaitLast(of: window.sent, since: now)
    let last = gate.lastArrivalNanoseconds
    let elapsed = start.duration(to: last > start.nanoseconds ? MonotonicInstant(nanoseconds: last) : now)
    return Sent(frames: window.sent, elapsed: elapsed)
  }

  private func awaitLast(of sent: Int, since end: MonotonicInstant) async {
    while gate.delivered < sent, !Task.isCancelled {
      let last = max(end, MonotonicInstant(nanoseconds: gate.lastArrivalNanoseconds))
      if last.duration(to: .now()) >= Self.silence { return }
      await gate.wait(until: sent)
    }
  }
}

/// How a flood's frames are made and sent. It goes with a batch, which can't be copied and is therefore its user's.
private struct FloodOutgoing {
  private let node: Node
  private let isBatched: Bool
  private let isSpread: Bool
  private var destination: NodeID
  private var destinations: FloodDestinations
  private var payload: BenchPayload

  init(_ sender: FloodSender) {
    node = sender.node.node
    isBatched = sender.isBatched
    isSpread = !sender.destinations.isOne
    var destinations = sender.destinations
    payload = BenchPayload(length: sender.length)
    destination = destinations.next() ?? node.id
    self.destinations = destinations
  }

  /// Sends frames with the numbers from `sequence` on.
  /// - Returns: How many the transport took.
  mutating func send(
    _ count: Int, from sequence: Int, at now: MonotonicInstant, using batch: inout NodeBatch
  ) throws(TransportError) -> Int {
    do throws(TransportError) {
      return try isBatched
        ? sendBatch(count, from: sequence, at: now.nanoseconds, using: &batch)
        : sendOneByOne(count, from: sequence, at: now.nanoseconds)
    } catch {
      guard error.code == .backpressure else { throw error }
      return 0
    }
  }

  private mutating func sendBatch(
    _ count: Int, from sequence: Int, at now: UInt64, using batch: inout NodeBatch
  ) throws(TransportError) -> Int {
    batch.removeAll()
    var next = sequence
    while next < sequence + count {
      prepare(next, at: now)
      guard batch.append(payload.bytes, to: destination) else { break }
      next += 1
    }
    return try node.send(contentsOf: batch)
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
