import Synchronization

/// How a beacon drains: what was set last when it began to. From any thread.
final class DrainSettings: Sendable {
  private struct State {
    var settings: BeaconServer.Configuration.Drain
    var hasBegun = false
  }

  private let state: Mutex<State>

  init(_ settings: BeaconServer.Configuration.Drain) {
    state = Mutex(State(settings: settings))
  }

  /// Puts others into force. A drain that has begun goes on as it was.
  func replace(with settings: BeaconServer.Configuration.Drain) {
    state.withLock { if !$0.hasBegun { $0.settings = settings } }
  }

  /// Those of the drain, which begins with the first call.
  func begin() -> BeaconServer.Configuration.Drain {
    state.withLock { state in
      state.hasBegun = true
      return state.settings
    }
  }
}
