import Synchronization

/// What the nodes of this process have found out about networks, and which one this machine is in. From any thread.
final class KnownNetworks: Sendable {
  /// Those that all nodes of this process share.
  static let ofProcess = KnownNetworks()

  private let current = Mutex<NetworkVerdict?>(nil)

  init() {}

  /// What is known of the present network.
  var verdict: NetworkVerdict? { current.withLock { $0 } }

  /// Something was found out about the present network.
  func remember(_ verdict: NetworkVerdict) { current.withLock { $0 = verdict } }
}
