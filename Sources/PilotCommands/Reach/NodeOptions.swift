import ArgumentParser
import PilotConsole
import PilotIdentity
import PilotNode

/// Who a node is, where its beacons are, and by which way it goes to them: the same for every command that runs one.
struct NodeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("This node's ID, 1 or more.", valueName: "id"))
  var node: String?

  @Option(help: ArgumentHelp("The node's identity file (see pilot identity new).", valueName: "file"))
  var identity: String?

  @Option(
    help: ArgumentHelp(
      "The beacon: udp://HOST:PORT, wss://HOST[:PORT]/v1/compat or ws://…; repeatable.", valueName: "url"))
  var beacon: [String] = []

  @Option(help: "How to reach the beacon. (default: auto: UDP where frames come through, else WSS)")
  var transport: TransportChoice?

  @Option(help: "Whether UDP may be used: never sends no datagram at all. (default: auto)")
  var udp: TransportUse?

  @Option(help: "Whether WebSocket may be used: never opens no connection at all. (default: auto)")
  var wss: TransportUse?

  @Option(
    help: """
      Which of several beacons is preferred: by order the first, by round-trip the nearest over UDP, by key the one at the \
      place that the node's key has among them, so that nodes spread. (default: order)
      """)
  var prefer: BeaconPreference?

  @Option(
    help: ArgumentHelp(
      "A beacon that is kept ready to take over, with the URLs that --beacon takes; repeatable.", valueName: "url"))
  var standby: [String] = []

  @Option(
    help: ArgumentHelp(
      "Drop frames that have waited longer to be sent over a WebSocket, in seconds. (default: 1)", valueName: "seconds")
  )
  var maxFrameAge: Int?

  /// What they say, together with the command's other settings.
  ///
  /// - Throws: A failure with status 2, or what is wrong with the identity file.
  func plan(_ settings: Settings, reach: BeaconReach) throws -> NodePlan {
    try NodePlan(
      node: settings.string(node, "node"), identity: settings.string(identity, "identity"),
      beacons: settings.strings(beacon, "beacon"), standbys: settings.strings(standby, "standby"),
      transport: settings.value(transport, "transport") ?? .auto, udp: settings.value(udp, "udp") ?? .auto,
      wss: settings.value(wss, "wss") ?? .auto, preference: settings.value(prefer, "prefer")?.value ?? .order,
      reach: reach,
      maximumFrameAge: settings.int(maxFrameAge, "max-frame-age", in: 1...3_600).map { .seconds($0) })
  }
}

/// Which transport a node uses.
enum TransportChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case udp, wss, auto
}

/// Which of several beacons a node prefers.
enum BeaconPreference: String, CaseIterable, ExpressibleByArgument, Sendable {
  case order
  case roundTrip = "round-trip"
  case key

  var value: PathSelection.Preference {
    switch self {
    case .order: .order
    case .roundTrip: .roundTrip
    case .key: .publicKey
    }
  }
}

/// Whether a node may use a transport.
enum TransportUse: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, never
}
