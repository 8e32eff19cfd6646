internal import Dispatch
internal import Synchronization

/// Writes what waits in an ``OutputQueue``, on a thread of its own: the only one that a reader can keep waiting.
///
/// Any number of threads may add lines at the same time, event loops and Swift's own included: each line comes out whole.
final class OutputWriter: Sendable {
  private struct State {
    var queue: OutputQueue
    /// Whether the thread is at work, and looks for more before it rests.
    var isWriting = false
    var linesWritten: UInt64 = 0
    var waiters: [OutputQueue.Ticket: CheckedContinuation<Result<Void, OutputError>, Never>] = [:]
  }

  private let state: Mutex<State>
  private let screen: Screen
  /// A serial queue's blocks run on one thread at a time, which may block: it isn't one of those that Swift's tasks share.
  private let thread = DispatchQueue(label: "pilot.console")

  init(_ queue: OutputQueue, to screen: Screen) {
    state = Mutex(State(queue: queue))
    self.screen = screen
  }

  /// How many lines the reader has been given.
  var linesWritten: UInt64 { state.withLock { $0.linesWritten } }

  /// Adds a line that may be left out, unless it is the last one. Never waits.
  func offer(
    _ line: String, to stream: Console.Stream, isLast: Bool = false, notice: @escaping OutputQueue.Notice
  ) -> OutputQueue.OnOffer {
    add { $0.offer(line, to: stream, isLast: isLast, notice: notice) }
  }

  /// Changes the status line. Never waits.
  func setStatus(_ text: String) {
    add { $0.setStatus(text) }
  }

  /// Adds something, and waits until it is written, or the task is cancelled: then it is written all the same.
  func write(_ content: OutputQueue.Entry.Content, to stream: Console.Stream) async throws(OutputError) {
    let ticket = Mutex<OutputQueue.Ticket?>(nil)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early: Result<Void, OutputError>? = add(keeping: { queue, waiters in
          guard let number = queue.insist(on: content, to: stream) else { return .failure(.closed) }
          ticket.withLock { $0 = number }
          if Task.isCancelled { return .success(()) }
          waiters[number] = continuation
          return nil
        })
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      guard let number = ticket.withLock({ $0 }) else { return }
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: .success(()))
    }
    try result.get()
  }

  private func add<Outcome>(_ body: (inout OutputQueue) -> Outcome) -> Outcome {
    add { queue, _ in body(&queue) }
  }

  private func add<Outcome>(
    keeping body: (
      inout OutputQueue, inout [OutputQueue.Ticket: CheckedContinuation<Result<Void, OutputError>, Never>]
    ) -> Outcome
  ) -> Outcome {
    let (outcome, mustStart) = state.withLock { state in
      let outcome = body(&state.queue, &state.waiters)
      defer { state.isWriting = true }
      return (outcome, !state.isWriting)
    }
    if mustStart { thread.async { self.drain() } }
    return outcome
  }

  private func drain() {
    while let entry = next() {
      do throws(OutputError) {
        try screen.perform(entry)
        written(entry)
      } catch {
        failed(entry, error)
      }
    }
  }

  private func next() -> OutputQueue.Entry? {
    state.withLock { state in
      let entry = state.queue.next()
      state.isWriting = entry != nil
      return entry
    }
  }

  private func written(_ entry: OutputQueue.Entry) {
    let waiter = state.withLock { state in
      state.queue.written(entry)
      state.linesWritten &+= 1
      return entry.ticket.flatMap { state.waiters.removeValue(forKey: $0) }
    }
    waiter?.resume(returning: .success(()))
  }

  private func failed(_ entry: OutputQueue.Entry, _ error: OutputError) {
    let waiters = state.withLock { state in
      state.queue.failed(entry, error).compactMap { state.waiters.removeValue(forKey: $0) }
    }
    for waiter in waiters { waiter.resume(returning: .failure(error)) }
  }
}
