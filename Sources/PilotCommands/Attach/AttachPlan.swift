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
  private(set) var udp: Node.Configuration?
  /// The node over WebSocket, where that is wanted and a URL was given.
  private(set) var wss: Node.Configuration?
  /// Further beacons for the transports that are used: a node has one for each.
  let unused: [BeaconURL]

  init(
    node: String?, identity: String?, beacons: [String], transport: AttachTransport, certificateAuthorities: String?,
    allowsPlaintext: Bool, maximumFrameAge: Duration?
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
    let urls = try beacons.map(Self.url)
    let (overUDP, overWSS) = (urls.filter(Self.isOverUDP), urls.filter { !Self.isOverUDP($0) })
    udp =
      transport == .wss
      ? nil
      : overUDP.first.map { [identity = self.identity] url in
        Node.Configuration(id: id, identity: identity, beacon: url)
      }
    unused =
      Array(overUDP.dropFirst(transport == .wss ? overUDP.count : 1))
      + Array(overWSS.dropFirst(transport == .udp ? overWSS.count : 1))
    if transport != .udp, let url = overWSS.first {
      var configuration = Node.Configuration(id: id, identity: self.identity, beacon: url)
      if let certificateAuthorities { configuration.wss?.trust = .file(certificateAuthorities) }
      configuration.wss?.allowsPlaintext = allowsPlaintext
      if let maximumFrameAge { configuration.wss?.outgoing.age = maximumFrameAge }
      wss = configuration
    } else {
      wss = nil
    }
    try Self.check(transport, udp: udp != nil, wss: wss != nil)
  }

  /// Has the node's frames captured, whatever it is on.
  mutating func capture(into capture: FrameCapture) {
    udp?.capture = capture
    wss?.capture = capture
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

  private static func url(_ text: String) throws(CommandFailure) -> BeaconURL {
    do {
      return try BeaconURL(parsing: text)
    } catch {
      // Some of them say what to write.
      let hint =
        error.message.contains("; ") ? nil : "a beacon is udp://HOST:PORT, wss://HOST[:PORT]/v1/compat or ws://…"
      throw CommandFailure.usage(error.message, hint: hint)
    }
  }

  private static func isOverUDP(_ url: BeaconURL) -> Bool {
    if case .udp = url { return true }
    return false
  }
}
