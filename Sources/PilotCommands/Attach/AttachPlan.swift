import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire

/// What `pilot attach` was asked for, checked.
struct AttachPlan {
  /// The node, with its ways to its beacons.
  let configuration: Node.Configuration
  /// Beacons by a transport that isn't used.
  let unused: [BeaconURL]

  init(
    node: String?, identity: String?, beacons: [String], standbys: [String], transport: AttachTransport,
    udp: AttachUse, wss: AttachUse, certificateAuthorities: String?, allowsPlaintext: Bool, maximumFrameAge: Duration?
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
    let (beacons, standbys) = (try beacons.map(Self.url), try standbys.map(Self.url))
    let used = beacons.filter(isUsed)
    try Self.check(transport, hasAny: !beacons.isEmpty, used: used)
    unused = (beacons + standbys).filter { !isUsed($0) }
    var configuration = Node.Configuration(
      id: id, identity: key, beacons: used, standbys: standbys.filter(isUsed))
    if let certificateAuthorities { configuration.wss?.trust = .file(certificateAuthorities) }
    configuration.wss?.allowsPlaintext = allowsPlaintext
    if let maximumFrameAge { configuration.wss?.outgoing.age = maximumFrameAge }
    self.configuration = configuration
  }

  private static func check(_ transport: AttachTransport, hasAny: Bool, used: [BeaconURL]) throws {
    guard used.isEmpty else { return }
    switch transport {
    case .udp:
      throw CommandFailure.usage("no beacon for UDP was given", hint: "add --beacon udp://HOST:PORT")
    case .wss:
      throw CommandFailure.usage("no beacon for WSS was given", hint: "add --beacon wss://HOST/v1/compat")
    case .auto where hasAny:
      throw CommandFailure.usage(
        "no beacon can be used: --udp never and --wss never leave none", hint: "leave one of them out, or name another beacon")
    case .auto:
      throw CommandFailure.usage(
        "no beacon was given", hint: "add --beacon udp://HOST:PORT, --beacon wss://HOST, or both")
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
