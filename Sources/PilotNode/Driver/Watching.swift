import PilotTransport

/// How a driver learns of changes of this machine's network, and of its sleep.
struct Watching: Sendable {
  /// What is known of networks.
  var networks: KnownNetworks
  /// What tells that routes or addresses have changed.
  var watcher: @Sendable () throws(TransportError) -> NetworkWatcher = { () throws(TransportError) in
    try NetworkWatcher()
  }
  /// The clocks that sleep shows in.
  var clocks: @Sendable () -> SleepDetector.Reading = { .now() }
  /// Between two looks at those.
  var pause = Duration.seconds(1)

  /// As the system tells it.
  static let system = Watching(networks: .ofProcess)
}
