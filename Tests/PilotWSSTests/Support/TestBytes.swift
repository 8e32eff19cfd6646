import NIOCore
import PilotTransport
import PilotWire
import Synchronization

/// Bytes that differ with the position and the seed.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ seed &* 7) }
}

/// A clock that stands still until it is told otherwise.
final class TestClock: Sendable {
  private let nanoseconds = Atomic<UInt64>(1_000_000_000)

  var now: MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }

  func advance(by duration: Duration) {
    nanoseconds.store(now.advanced(by: duration).nanoseconds, ordering: .relaxed)
  }
}

extension ByteBuffer {
  var bytes: [UInt8] { Array(readableBytesView) }
}

/// A number that threads count up together.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  var value: Int { count.load(ordering: .acquiring) }

  func increment() { count.add(1, ordering: .acquiringAndReleasing) }
}
