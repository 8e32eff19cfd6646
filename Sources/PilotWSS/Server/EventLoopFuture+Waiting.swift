import Dispatch
package import NIOCore
import PilotTransport
import Synchronization

/// An event loop hasn't done something within its time.
package struct WaitedTooLong: Error, CustomStringConvertible {
  let limit: Duration

  package var description: String { "an event loop hasn't answered within \(limit)" }
}

extension EventLoopFuture where Value: Sendable {
  /// Waits for the result. Blocks: not on an event loop.
  ///
  /// - Parameter limit: How long, at most.
  /// - Throws: ``WaitedTooLong``, or what the future fails with.
  package func wait(within limit: Duration) throws -> Value {
    let outcome = Outcome<Value>()
    whenComplete { outcome.put($0) }
    guard let result = outcome.await(limit) else { throw WaitedTooLong(limit: limit) }
    return try result.get()
  }
}

/// What a thread waits for that may have gone on by the time it comes.
private final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let isThere = DispatchSemaphore(value: 0)

  func put(_ result: Result<Value, any Error>) {
    self.result.withLock { $0 = result }
    isThere.signal()
  }

  func await(_ limit: Duration) -> Result<Value, any Error>? {
    _ = isThere.wait(timeout: .now() + .milliseconds(Int(clamping: limit.milliseconds)))
    return result.withLock { $0 }
  }
}
