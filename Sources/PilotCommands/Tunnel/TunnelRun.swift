import Logging
import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotTunnel
import PilotWire

/// A node with its tunnels, for the time of a command.
struct TunnelRun: Sendable {
  let tunnels: Tunnels
  private let peers: NodesFileDirectory
  private let logger: Logger

  /// Starts a node, and its tunnels over it.
  ///
  /// - Parameters:
  ///   - plan: What was asked for.
  ///   - allowed: Whose tunnels are taken; nil for all that are known.
  ///   - logger: Says what becomes of the peers file.
  init(_ plan: TunnelPlan, allowed: Set<NodeID>? = nil, logger: Logger) async throws(TransportError) {
    var configuration = Tunnels.Configuration()
    configuration.usesDirectPaths = plan.direct == .auto
    configuration.allowed = allowed
    if plan.fragments { configuration.maximumFragmentedLength = FrameLimits.maximumOverUDPv4 }
    let node = try await Node.start(plan.node.configuration)
    tunnels = try Tunnels(
      over: node, identity: plan.node.configuration.identity, keys: plan.peers, configuration: configuration)
    peers = plan.peers
    self.logger = logger
  }

  /// Reads the node, and the peers file when it changes, until the task is cancelled or the node has left.
  func run() async throws {
    let watcher = FileWatcher(directory: peers, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await watcher.run() }
      defer { group.cancelAll() }
      try await tunnels.run()
    }
  }
}
