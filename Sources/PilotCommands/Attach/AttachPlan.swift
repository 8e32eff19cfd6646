import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire

/// What `pilot attach` was asked for, checked.
struct AttachPlan {
  let node: NodeID
  let identity: Identity
  /// The node over UDP, where that is wanted and a `udp://` URL was given.
  let udp: Node.Configuration?
  /// The node over WebSocket, where that is wanted and a URL was given.
  let wss: Node.Configuration?
  /// Further beacons for the transports that are used: a node has one for each.
  let unused: [BeaconURL]

  init(
    node: String?, identity: String?, beacons: [String], transport: AttachTransport, reach: BeaconReach,
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
    self.node = id
    self.identity = try Identity.load(from: identity)
    let urls = try beacons.map(BeaconURL.init(option:))
    let (overUDP, overWSS) = (urls.filter(Self.isOverUDP), urls.filter { !Self.isOverUDP($0) })
    udp =
      transport == .wss
      ? nil
      : overUDP.first.map { [identity = self.identity] url in
        var configuration = Node.Configuration(id: id, identity: identity, beacon: url)
        reach.apply(to: &configuration)
        return configuration
      }
    unused =
      Array(overUDP.dropFirst(transport == .wss ? overUDP.count : 1))
      + Array(overWSS.dropFirst(transport == .udp ? overWSS.count : 1))
    if transport != .udp, let url = overWSS.first {
      var configuration = Node.Configuration(id: id, identity: self.identity, beacon: url)
      reach.apply(to: &configuration)
      if let maximumFrameAge { configuration.wss?.outgoing.age = maximumFrameAge }
      wss = configuration
    } else {
      wss = nil
    }
    try Self.check(transport, udp: udp != nil, wss: wss != nil)
  }

  /// Whether the beacon over WebSocket is reached through a proxy; nil where none is reached so.
  var proxyDecision: ProxyDecision? {
    get throws(TransportError) {
      guard let wss, case .wss(let url) = wss.beacon else { return nil }
      return try wss.wss?.proxy.decision(for: url)
    }
  }

  private static func check(_ transport: AttachTransport, udp: Bool, wss: Bool) throws {
    switch transport {
    case .udp where !udp:
      throw CommandFailure.usage("no beacon for UDP was given", hint: "add --beacon udp://HOST:PORT")
    case .wss where !wss:
      throw CommandFailure.usage("no beacon for WSS was given", hint: "add --beacon wss://HOST/v1/compat")
    case .auto where !udp && !wss:
      throw CommandFailure.usage(
        "no beacon was given", hint: "add --beacon udp://HOST:PORT, --beacon wss://HOST, or both")
    case .udp, .wss, .auto:
      break
    }
  }

  private static func isOverUDP(_ url: BeaconURL) -> Bool {
    if case .udp = url { return true }
    return false
  }
}
