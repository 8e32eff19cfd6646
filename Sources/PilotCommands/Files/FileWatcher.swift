import Dispatch
import PilotTransport
import ServiceLifecycle

/// Has files looked at every second, and sooner when that is asked for.
struct FileWatcher: Service {
  /// How often they are looked at.
  private static let interval: Duration = .seconds(1)

  private let look: @Sendable () -> Void
  private let alarm = Alarm()
  /// Looking reads files of any size, and may ask a name server for what a configuration names: away from the threads that tasks
  /// share, of which a machine has as many as cores.
  private let queue = DispatchQueue(label: "pilot.files")

  /// - Parameter look: Reads what has changed, and says so in the log. Never twice at once.
  init(_ look: @escaping @Sendable () -> Void) {
    self.look = look
  }

  /// Has them looked at now.
  func lookNow() {
    alarm.ring()
  }

  func run() async {
    await cancelWhenGracefulShutdown {
      while true {
        await alarm.wait(for: Self.interval)
        if Task.isCancelled { return }
        await lookAside()
      }
    }
  }

  private func lookAside() async {
    await withCheckedContinuation { continuation in
      queue.async {
        look()
        continuation.resume()
      }
    }
  }
}
