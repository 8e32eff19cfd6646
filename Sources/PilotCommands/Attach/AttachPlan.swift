import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// What `pilot attach` was asked for, checked.
struct AttachPlan {
  let node: NodeID
  let identity: Identity
  /// Where the beacon is over UDP, where that is wanted and a `udp://` URL was given.
  let udp: UDPHost?
  /// How to connect over WebSocket, where that is wanted and a URL was given.
  let wss: WSSTransport.Configuration?

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
    let urls = try beacons.map(BeaconURL.init)
    udp = transport == .wss ? nil : urls.lazy.compactMap(\.udp).first
    if transport != .udp, let url = urls.lazy.compactMap(\.wss).first {
      var configuration = WSSTransport.Configuration(beacon: url, node: id, identity: self.identity)
      if let certificateAuthorities { configuration.trust = .file(certificateAuthorities) }
      configuration.allowsPlaintext = allowsPlaintext
      if let maximumFrameAge { configuration.outgoing.age = maximumFrameAge }
      wss = configuration
    } else {
      wss = nil
    }
    try Self.check(transport, udp: udp != nil, wss: wss != nil)
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
}

/// A `--beacon` URL.
private struct BeaconURL {
  var udp: UDPHost?
  var wss: WSSURL?

  init(_ text: String) throws {
    guard text.hasPrefix("udp://") else {
      do {
        wss = try WSSURL(parsing: text)
        return
      } catch {
        throw CommandFailure.usage(
          "\(error.message)", hint: "a beacon is udp://HOST:PORT, wss://HOST[:PORT]/v1/compat or ws://…")
      }
    }
    // Host and port are written as in the other kind of URL.
    let authority = text.dropFirst("udp://".count)
    guard let url = try? WSSURL(parsing: "ws://" + authority), URLText.namesPort(authority),
      !authority.contains("/"),
      let port = UInt16(exactly: url.port)
    else {
      throw CommandFailure.usage("\(URLText.withoutSecrets(text)) is no beacon URL", hint: "write udp://HOST:PORT")
    }
    udp = UDPHost(host: url.host, port: port)
  }
}
