import PilotTransport
import ServiceLifecycle

/// Has files looked at every second, and sooner when that is asked for.
struct FileWatcher: Service {
  /// How often they are looked at.
  private static let interval: Duration = .seconds(1)

  private let look: @Sendable () -> Void
  private let alarm = Alarm()

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
        look()
      }
    }
  }
}
