import PilotTransport
import Synchronization

/// Takes a beacon through its ``BeaconLifecycle``: waits until it is asked to end, drains, and has everything closed.
final class BeaconShutdown: Sendable {
  private let lifecycle = Mutex(BeaconLifecycle())
  private let requests: AsyncStream<Void>
  private let request: AsyncStream<Void>.Continuation

  init() {
    (requests, request) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// From any thread.
  var phase: BeaconLifecycle.Phase { lifecycle.withLock { $0.phase } }

  /// Asks for a graceful end. Returns at once; from any thread, as often as you like.
  func begin() {
    request.finish()
  }

  /// Waits for the request, and performs the end. Cancellation is a request, too, and leaves the draining out.
  ///
  /// - Parameters:
  ///   - window: How long to drain.
  ///   - drain: Refuses new connections.
  ///   - close: Closes all connections, and then the sockets.
  func run<Time: Clock>(
    draining window: Duration, clock: Time, drain: () -> Void, close: () async -> Void
  ) async where Time.Instant == MonotonicInstant {
    for await _ in requests {}
    var step = lifecycle.withLock { lifecycle in
      Task.isCancelled ? lifecycle.stop() : lifecycle.shutDown(draining: window, at: clock.now)
    }
    if case .drain = step { drain() }
    while case .drain(let end) = step {
      let isOver = (try? await clock.sleep(until: end, tolerance: nil)) == nil
      step = lifecycle.withLock { isOver ? $0.stop() : $0.tick(at: clock.now) }
    }
    await close()
    lifecycle.withLock { $0.finished() }
  }
}
