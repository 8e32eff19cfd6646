public import PilotTransport
public import PilotWSS
public import PilotWire

/// Where a beacon is: `udp://HOST:PORT`, `wss://HOST[:PORT][/v1/compat]` or `ws://…`.
@nonexhaustive
public enum BeaconURL: Sendable, Hashable {
  /// Its UDP socket: a name or an address, IPv6 without brackets, and the port.
  case udp(host: String, port: UInt16)
  /// Its WebSocket listener.
  case wss(WSSURL)

  /// Reads a URL.
  ///
  /// - Throws: `.invalidConfiguration` that says what is wrong.
  public init(parsing text: String) throws(TransportError) {
    let scheme = "udp://"
    guard text.prefix(scheme.count).lowercased() == scheme else {
      // What has another scheme, or none, is none of its URLs either.
      guard ["ws://", "wss://"].contains(where: { text.prefix($0.count).lowercased() == $0 }) else {
        throw WSSURL.invalid(text, "it must begin with udp://, wss:// or ws://")
      }
      self = .wss(try WSSURL(parsing: text))
      return
    }
    guard let authority = try? HostPort(parsing: text.dropFirst(scheme.count)), let port = authority.port else {
      throw TransportError(
        code: .invalidConfiguration, message: "\(URLText.withoutSecrets(text)) is no beacon URL; write udp://HOST:PORT")
    }
    self = .udp(host: authority.host, port: port)
  }
}

extension BeaconURL {
  /// What a node signs that dials this URL, the port included; nil for a host that no URL can name.
  public var name: BeaconName? {
    switch self {
    case .udp(let host, let port): BeaconName(host: host, port: port)
    case .wss(let url): url.name
    }
  }
}

extension BeaconURL: CustomStringConvertible {
  /// The URL's text.
  public var description: String {
    switch self {
    case .udp(let host, let port): "udp://\(HostPort(host: host, port: port))"
    case .wss(let url): url.description
    }
  }
}
