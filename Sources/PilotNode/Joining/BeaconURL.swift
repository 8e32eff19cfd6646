public import PilotTransport
public import PilotWSS
import PilotWire

/// Where a beacon is: `udp://HOST:PORT`, `wss://HOST[:PORT][/v1/compat]` or `ws://…`.
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
      self = .wss(try WSSURL(parsing: text))
      return
    }
    // Host and port are written as in the other kind of URL.
    let authority = text.dropFirst(scheme.count)
    guard let url = try? WSSURL(parsing: "ws://" + authority), URLText.namesPort(authority),
      !authority.contains("/"), let port = UInt16(exactly: url.port)
    else {
      throw TransportError(
        code: .invalidConfiguration, message: "\(URLText.withoutSecrets(text)) is no beacon URL; write udp://HOST:PORT")
    }
    self = .udp(host: url.host, port: port)
  }
}

extension BeaconURL: CustomStringConvertible {
  /// The URL's text.
  public var description: String {
    switch self {
    case .udp(let host, let port): host.contains(":") ? "udp://[\(host)]:\(port)" : "udp://\(host):\(port)"
    case .wss(let url): url.description
    }
  }
}
