import Synchronization

/// Ends the wait for something that may hang.
///
/// It leaves a body that hangs behind, cancelled, instead of waiting for it as a task group would: a transport under test
/// may well be deaf to cancellation, and a check that hangs tells nobody why.
enum Watchdog {
  /// The body took longer than its limit.
  struct TimedOut: Error {}

  static func run(
    within limit: Duration, clock: some Clock<Duration>, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let race = Race()
    let work = Task {
      do {
        try await body()
        race.finish(.success(()))
      } catch {
        race.finish(.failure(error))
      }
    }
    let timer = Task {
      try await clock.sleep(for: limit)
      race.finish(.failure(TimedOut()))
    }
    defer {
      work.cancel()
      timer.cancel()
    }
    try await withTaskCancellationHandler {
      try await race.outcome()
    } onCancel: {
      race.finish(.failure(CancellationError()))
    }
  }

  /// The first to finish decides.
  private final class Race: Sendable {
    private enum State {
      case open
      case awaited(CheckedContinuation<Void, any Error>)
      case finished(Result<Void, any Error>)
    }

    private let state = Mutex(State.open)

    func finish(_ result: Result<Void, any Error>) {
      let waiter: CheckedContinuation<Void, any Error>? = state.withLock { state in
        switch state {
        case .open:
          state = .finished(result)
          return nil
        case .awaited(let continuation):
          state = .finished(result)
          return continuation
        case .finished:
          return nil
        }
      }
      waiter?.resume(with: result)
    }

    func outcome() async throws {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Void, any Error>? = state.withLock { state in
          if case .finished(let result) = state { return result }
          state = .awaited(continuation)
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    }
  }
}
