import ArgumentParser
import Logging
import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport

/// What every command says that speaks with other nodes, sealed end to end.
struct TunnelOptions: ParsableArguments {
  @OptionGroup var node: NodeOptions

  @Option(
    help: ArgumentHelp(
      #"The public keys of the nodes to speak with: {"<node>":"<base64>"}; read again when it changes."#,
      valueName: "file"))
  var peers: String?

  @Option(help: "Whether to look for a direct path beside that through the beacon. (default: auto)")
  var direct: DirectMode?

  @Flag(help: "Print lines of JSON.")
  var json = false

  @OptionGroup var capture: CaptureOptions

  @OptionGroup var reach: ReachOptions

  @OptionGroup var globals: GlobalOptions

  /// What they say, together with the command's other settings.
  ///
  /// - Throws: A failure with status 2, or what is wrong with a file.
  func plan(_ settings: Settings) throws -> TunnelPlan {
    let node = try node.plan(settings, reach: reach.reach(settings))
    guard let file = try settings.string(peers, "peers") else {
      throw CommandFailure.usage(
        "the keys of the nodes to speak with are missing", hint: "give them with --peers FILE; pilot pair makes one")
    }
    return TunnelPlan(
      node: node, peers: try NodesFileDirectory(path: file), direct: try settings.value(direct, "direct") ?? .auto,
      isJSON: try settings.bool(json, "json"))
  }
}

/// Whether direct paths between nodes are looked for.
enum DirectMode: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, never
}

/// What a command was asked for that speaks with other nodes, checked.
struct TunnelPlan: Sendable {
  /// The node, with its ways to its beacons.
  var node: NodePlan
  /// The keys of the nodes to speak with.
  let peers: NodesFileDirectory
  let direct: DirectMode
  let isJSON: Bool
  /// Whether datagrams that no frame takes go in fragments.
  var fragments = false

  /// Says what somebody ought to know of it before it runs.
  ///
  /// - Throws: As ``NodePlan/log(to:)``.
  func log(to logger: Logger) throws(TransportError) {
    for exposure in FileExposure.found(at: peers.path, isSecret: false) {
      logger.warning("\(exposure.logMessage)", metadata: ["path": "\(peers.path)"])
    }
    try node.log(to: logger)
  }
}
