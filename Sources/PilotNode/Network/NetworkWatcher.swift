import Dispatch
package import PilotTransport
import Synchronization

/// Tells when this machine's network changes: another default route, an address that came or went, a link that is up or down.
///
/// ```swift
/// let watcher = try NetworkWatcher()
/// while let change = await watcher.next() { check(after: change) }
/// ```
///
/// The kernel tells it (rtnetlink(7)), so that it costs nothing while nothing happens: one descriptor, and no thread of its own.
/// Which of the kernel's news count, and how soon they are told, is ``NetworkChangeDetector``'s: a quarter of a second at
/// most, and what happens together is one change. Changes that nobody has asked for yet are joined, so that there is one at
/// most.
///
/// On Linux; other systems have other means, and ``init()`` throws there.
///
/// **Life** ends with ``close()``, or when nobody holds it any more. From any thread.
package final class NetworkWatcher: Sendable {
  private typealias Waiter = CheckedContinuation<NetworkChange?, Never>

  private struct State {
    var detector: NetworkChangeDetector
    /// When the timer fires that is set.
    var timer: MonotonicInstant?
    var pending: NetworkChange?
    var waiter: Waiter?
    var isClosed = false
    var overruns: UInt64 = 0

    mutating func close() -> Waiter? {
      isClosed = true
      return waiter.take()
    }
  }

  private let state: Mutex<State>
  private let source: Source

  /// Begins to watch.
  ///
  /// - Throws: `.system` where the kernel doesn't tell: in a sandbox, or on another system than Linux. A node does without.
  package convenience init() throws(TransportError) {
    try self.init(buffer: nil)
  }

  /// - Parameter buffer: How much the kernel may keep for this process, in bytes; nil for its own choice.
  init(buffer: Int?) throws(TransportError) {
    source = try Source(buffer: buffer)
    state = Mutex(State(detector: NetworkChangeDetector(source.view)))
    source.start { [weak self] in self?.read() }
  }

  deinit { close() }

  /// The next change, as soon as there is one. One task at a time: who comes while another waits takes its place, and that one
  /// gets nil.
  ///
  /// - Returns: Whatever has changed since the last call; nil when the task is cancelled, and after ``close()``.
  package func next() async -> NetworkChange? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (former, answer) = state.withLock { state -> (Waiter?, NetworkChange??) in
          if let change = state.pending.take() { return (nil, .some(change)) }
          if state.isClosed || Task.isCancelled { return (nil, .some(nil)) }
          let former = state.waiter
          state.waiter = continuation
          return (former, nil)
        }
        former?.resume(returning: nil)
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      state.withLock { $0.waiter.take() }?.resume(returning: nil)
    }
  }

  /// How often the kernel told more than this process had read. Each time is a change of the kind ``NetworkChange/missed``.
  package var overruns: UInt64 { state.withLock { $0.overruns } }

  /// Ends it: who waits gets nil.
  package func close() {
    let waiter = state.withLock { $0.close() }
    source.cancel()
    waiter?.resume(returning: nil)
  }

  /// Takes what the kernel has told, on the source's queue.
  private func read() {
    let isOver = source.receive { news in
      let now = MonotonicInstant.now()
      state.withLock { state in
        switch news {
        case .some(let news): state.detector.on(news, at: now)
        case .none:
          state.overruns &+= 1
          state.detector.missed(at: now)
        }
      }
    }
    if isOver { return close() }
    setTimer()
  }

  private func setTimer() {
    let due = state.withLock { state -> MonotonicInstant? in
      guard let deadline = state.detector.deadline, !state.isClosed else { return nil }
      if let timer = state.timer, timer <= deadline { return nil }
      state.timer = deadline
      return deadline
    }
    if let due { source.call(after: MonotonicInstant.now().duration(to: due)) { [weak self] in self?.fire(due) } }
  }

  private func fire(_ timer: MonotonicInstant) {
    let isDue = state.withLock { state in
      if state.timer == timer { state.timer = nil }
      return !state.isClosed && state.detector.isDue(at: .now())
    }
    if isDue {
      let view = NetworkSurvey.take()
      let (waiter, change) = state.withLock { state in
        let change = state.detector.surveyed(view)
        if state.waiter == nil, !state.isClosed { state.pending = (state.pending ?? []).union(change) }
        return (state.waiter.take(), change)
      }
      waiter?.resume(returning: change)
    }
    setTimer()
  }
}
