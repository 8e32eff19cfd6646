import Logging
import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire

/// A node as a command was asked for it, checked.
struct NodePlan: Sendable {
  /// The node, with its ways to its beacons.
  private(set) var configuration: Node.Configuration
  /// Beacons by a transport that isn't used.
  let unused: [BeaconURL]

  init(
    node: String?, identity: String?, beacons: [String], standbys: [String], transport: TransportChoice,
    udp: TransportUse, wss: TransportUse, preference: PathSelection.Preference, reach: BeaconReach,
    maximumFrameAge: Duration?
  ) throws {
    guard let node else { throw CommandFailure.usage("the node's ID is missing", hint: "give it with --node") }
    guard let id = NodeID(parsing: node) else {
      throw CommandFailure.usage("the node's ID must be 1...4294967295")
    }
    guard let identity else {
      throw CommandFailure.usage(
        "the identity file is missing", hint: "give it with --identity; pilot identity new makes one")
    }
    let key = try Identity.load(from: identity)
    let isUsed = { (url: BeaconURL) in
      Self.isOverUDP(url) ? transport != .wss && udp == .auto : transport != .udp && wss == .auto
    }
    let (beacons, standbys) = (try beacons.map(BeaconURL.init(option:)), try standbys.map(BeaconURL.init(option:)))
    let used = beacons.filter(isUsed)
    try Self.check(transport, udp: udp, wss: wss, hasAny: !beacons.isEmpty, used: used)
    unused = (beacons + standbys).filter { !isUsed($0) }
    var configuration = Node.Configuration(
      id: id, identity: key, beacons: used, standbys: standbys.filter(isUsed))
    configuration.choosing.preference = preference
    reach.apply(to: &configuration)
    if let maximumFrameAge { configuration.wss?.outgoing.age = maximumFrameAge }
    self.configuration = configuration
  }

  /// How the preferred beacon over WebSocket is reached, through a proxy or without; nil where none is reached so.
  private var proxyDecision: ProxyDecision? {
    get throws(TransportError) {
      for case .wss(let url) in configuration.beacons { return try configuration.wss?.proxy.decision(for: url) }
      return nil
    }
  }

  /// Says what isn't used of what was asked for, and how beacons over WebSocket are reached.
  func log(to logger: Logger) throws(TransportError) {
    for url in unused {
      logger.warning("A beacon is not used: its transport isn't", metadata: ["beacon": "\(url)"])
    }
    if let decision = try proxyDecision {
      logger.info("How the beacon is reached over WebSocket", metadata: ["proxy": "\(decision)"])
    }
  }

  /// Has the node's frames captured, whatever it is on.
  mutating func capture(into capture: FrameCapture) { configuration.capture = capture }

  /// - Throws: What leaves no beacon to be used, if there is none: what forbids a transport before that there is none for it.
  static func check(
    _ transport: TransportChoice, udp: TransportUse, wss: TransportUse, hasAny: Bool, used: [BeaconURL]
  ) throws(CommandFailure) {
    guard used.isEmpty else { return }
    switch transport {
    case .udp where udp == .never:
      throw .usage("--transport udp and --udp never leave no way to a beacon", hint: "leave one of them out")
    case .wss where wss == .never:
      throw .usage("--transport wss and --wss never leave no way to a beacon", hint: "leave one of them out")
    case .udp:
      throw .usage("no beacon for UDP was given", hint: "add --beacon udp://HOST:PORT")
    case .wss:
      throw .usage("no beacon for WSS was given", hint: "add --beacon wss://HOST/v1/compat")
    case .auto where hasAny:
      let forbidden = [udp == .never ? "--udp never" : nil, wss == .never ? "--wss never" : nil].compactMap(\.self)
      throw .usage(
        "no beacon can be used, for \(forbidden.joined(separator: " and ")) was given",
        hint: forbidden.count == 1 ? "leave it out, or name another beacon" : "leave one of them out")
    case .auto:
      throw .usage("no beacon was given", hint: "add --beacon udp://HOST:PORT, --beacon wss://HOST, or both")
    }
  }

  private static func isOverUDP(_ url: BeaconURL) -> Bool {
    if case .udp = url { return true }
    return false
  }
}
