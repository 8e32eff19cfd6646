import NIOCore
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

/// A queue with a clock that stands still, and the connection that takes from it.
final class QueueHarness: Sendable {
  let clock: TestClock
  let queue: OutboundQueue
  let role: WebSocketRole
  private let wakeCount = Counter()

  init(
    role: WebSocketRole = .server, bytes: Int = 1 << 20, age: Duration = .seconds(1),
    overflow: OutboundQueue.Overflow = .refuseNewest, budget: OutboundBudget? = nil,
    key: UInt64 = 0x9E37_79B9_7F4A_7C15,
    clock: TestClock = TestClock()
  ) {
    self.role = role
    self.clock = clock
    queue = OutboundQueue(
      role: role, limits: OutboundQueue.Limits(bytes: bytes, age: age), chunkBytes: 16_000, overflow: overflow,
      budget: budget, key: key, now: { clock.now })
  }

  var wakes: Int { wakeCount.value }

  func open() -> OutboundQueue.Lease? {
    queue.open { [self] in wakeCount.increment() }
  }

  func append(_ frame: [UInt8], from sender: UInt32 = 0) -> OutboundQueue.Admission {
    queue.append(head: frame.span.raw, body: RawSpan(), from: sender)
  }

  /// The frames of a chunk, as the peer gets them.
  func frames(of chunk: OutboundQueue.Chunk) throws -> [[UInt8]] {
    let recording = Recording.of([chunk.buffer.bytes], role: role == .server ? .client : .server)
    #expect(recording.error == nil)
    return try recording.events.map { event in
      guard case .binary(let bytes) = event else { throw Unexpected(event) }
      return bytes
    }
  }

  /// All frames that can be taken.
  func takeAll(_ lease: OutboundQueue.Lease) throws -> [[UInt8]] {
    var taken: [[UInt8]] = []
    while let chunk = queue.take(lease) {
      let frames = try frames(of: chunk)
      #expect(chunk.tally.frames == frames.count)
      #expect(chunk.tally.payloadBytes == frames.map(\.count).reduce(0, +))
      queue.written(chunk.tally)
      taken += frames
    }
    return taken
  }
}

extension OutboundQueue {
  /// The next chunk.
  func take(_ lease: Lease) -> Chunk? {
    var chunks: [Chunk] = []
    take(lease, upTo: 1, into: &chunks)
    return chunks.first
  }
}

/// Something that should not have come.
struct Unexpected: Error {
  let what: String

  init(_ what: Any) {
    self.what = String(describing: what)
  }
}
