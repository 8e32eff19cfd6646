import PilotTransport
import Synchronization

/// Takes a beacon through its ``BeaconLifecycle``: waits until it is asked to end, drains, and has everything closed.
final class BeaconShutdown: Sendable {
  /// How often peers are looked at while it drains.
  static let turnInterval: Duration = .milliseconds(100)

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
  ///   - time: How long to drain, at most; asked for when it is to begin.
  ///   - turn: Sends away who is due now, for a drain that began and ends at these instants; whether anybody is left.
  ///   - close: Closes all connections, and then the sockets.
  func run<Time: Clock>(
    draining time: @autoclosure () -> Duration, clock: Time, turn: (DrainTurn) async -> Bool, close: () async -> Void
  ) async where Time.Instant == MonotonicInstant {
    for await _ in requests {}
    let start = clock.now
    let time = time()
    var step = lifecycle.withLock { lifecycle in
      Task.isCancelled ? lifecycle.stop() : lifecycle.shutDown(draining: time, at: start)
    }
    while case .drain(let end) = step {
      guard await turn(DrainTurn(start: start, end: end, now: clock.now)) else {
        step = lifecycle.withLock { $0.emptied() }
        break
      }
      let next = min(end, clock.now.advanced(by: Self.turnInterval))
      let isOver = (try? await clock.sleep(until: next, tolerance: nil)) == nil
      step = lifecycle.withLock { isOver ? $0.stop() : $0.tick(at: clock.now) }
    }
    await close()
    lifecycle.withLock { $0.finished() }
  }
}

/// One look at a beacon that drains.
struct DrainTurn: Sendable {
  /// When the drain began.
  let start: MonotonicInstant
  /// When it ends.
  let end: MonotonicInstant
  let now: MonotonicInstant
}
