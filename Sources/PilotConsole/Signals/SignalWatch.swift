import ServiceLifecycle
import Synchronization
import UnixSignals

/// Waits for SIGTERM and SIGINT: the first one ends a group of services gracefully, another one at once. SIGHUP means something else.
final class SignalWatch: Service {
  private let signals: UnixSignalsSequence
  private let onHangup: @Sendable () -> Void
  private let interrupted = Atomic<Bool>(false)
  private let cutShort = Atomic<Bool>(false)
  private let first: (wait: AsyncStream<Void>, come: AsyncStream<Void>.Continuation)

  init(_ signals: UnixSignalsSequence, onHangup: @escaping @Sendable () -> Void) {
    self.signals = signals
    self.onHangup = onHangup
    let (wait, come) = AsyncStream.makeStream(of: Void.self)
    first = (wait, come)
  }

  /// Whether one of them was SIGINT.
  var wasInterrupted: Bool { interrupted.load(ordering: .acquiring) }

  /// Whether there was a second one.
  var wasCutShort: Bool { cutShort.load(ordering: .acquiring) }

  /// As a service: done with the first signal, which ends its group.
  func run() async {
    await cancelWhenGracefulShutdown {
      for await _ in self.first.wait {}
    }
  }

  /// Reads the signals, until a second one has come, or the task is cancelled.
  func readUntilSecond() async {
    var isSecond = false
    for await signal in signals {
      guard signal != .sighup else {
        if !isSecond { onHangup() }
        continue
      }
      if signal == .sigint { interrupted.store(true, ordering: .releasing) }
      if isSecond { return cutShort.store(true, ordering: .releasing) }
      isSecond = true
      first.come.finish()
    }
  }
}
