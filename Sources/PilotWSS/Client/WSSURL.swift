public import PilotTransport
public import PilotWire

/// Where a beacon accepts WebSocket connections: `wss://HOST[:PORT]/v1/compat` (wire reference, section 3).
public struct WSSURL: Sendable, Hashable, CustomStringConvertible {
  /// The path that beacons serve.
  public static let defaultPath = "/v1/compat"

  /// Whether the connection runs over TLS (`wss`), or in the clear (`ws`).
  public let isSecure: Bool
  /// A name or an IP address, IPv6 without brackets.
  public let host: String
  /// The TCP port; 443 or 80 where the URL says none.
  public let port: Int
  /// The path, beginning with a slash.
  public let path: String

  /// Names a beacon.
  public init(isSecure: Bool = true, host: String, port: Int? = nil, path: String = WSSURL.defaultPath) {
    self.isSecure = isSecure
    self.host = host
    self.port = port ?? (isSecure ? 443 : 80)
    self.path = path
  }

  /// Reads a URL. No user, query or fragment; an empty path means ``defaultPath``.
  ///
  /// - Throws: ``/PilotTransport/TransportError/Code-swift.struct/invalidConfiguration`` that says what is wrong.
  public init(parsing text: String) throws(TransportError) {
    // What stands here goes into an HTTP request: a line break would begin a field of its own.
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Self.invalid(text, "only printable ASCII characters are allowed, without spaces")
    }
    let isSecure: Bool
    let rest: Substring
    // Schemes are compared without regard to case (RFC 3986, section 3.1).
    if text.prefix(6).lowercased() == "wss://" {
      (isSecure, rest) = (true, text.dropFirst(6))
    } else if text.prefix(5).lowercased() == "ws://" {
      (isSecure, rest) = (false, text.dropFirst(5))
    } else {
      throw Self.invalid(text, "it must begin with wss:// or ws://")
    }
    if rest.contains(where: { "?#@".contains($0) }) {
      throw Self.invalid(text, "user, query and fragment have no meaning here")
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority: HostPort
    do {
      authority = try HostPort(parsing: rest[..<slash])
    } catch {
      throw Self.invalid(text, error.description)
    }
    let path = rest[slash...]
    self.init(
      isSecure: isSecure, host: authority.host, port: authority.port.map(Int.init),
      path: path.isEmpty || path == "/" ? Self.defaultPath : String(path))
  }

  /// What is wrong with a text that ought to be a URL; secrets in it aren't repeated.
  package static func invalid(_ text: String, _ reason: String) -> TransportError {
    TransportError(
      code: .invalidConfiguration, message: "\"\(URLText.withoutSecrets(text))\" is no beacon URL: \(reason)")
  }

  /// Holds a URL that was put together from parts to what ``init(parsing:)`` demands.
  func validate() throws(TransportError) {
    guard path.hasPrefix("/") else { throw Self.invalid(text, "the path must begin with a slash") }
    guard (1...65_535).contains(port) else { throw Self.invalid(text, "the port must be 1...65535") }
    let read = try WSSURL(parsing: text)
    guard read.host == host else { throw Self.invalid(text, "the host must be a name or an IP address") }
  }

  /// Host and port, IPv6 in brackets.
  public var authority: String {
    HostPort(host: host, port: port == (isSecure ? 443 : 80) ? nil : UInt16(clamping: port)).description
  }

  /// What a node signs that dials this URL; nil for a host or port that no URL can name.
  public var name: BeaconName? { UInt16(exactly: port).flatMap { BeaconName(host: host, port: $0) } }

  /// ``authority`` for the beacon's eyes: the zone of an address is this machine's own affair (RFC 6874, section 4).
  var hostField: String {
    guard let mark = host.firstIndex(of: "%") else { return authority }
    return WSSURL(isSecure: isSecure, host: String(host[..<mark]), port: port).authority
  }

  /// The URL's text. One that was put together with a user, a query or a fragment, which no beacon is dialled with, is
  /// shown without them.
  public var description: String { URLText.withoutSecrets(text) }

  private var text: String { "\(isSecure ? "wss" : "ws")://\(authority)\(path)" }

  /// Whether the host is this machine, so that traffic in the clear doesn't leave it.
  public var isLoopback: Bool {
    if host.lowercased() == "localhost" { return true }
    guard let address = try? Endpoint(address: host, port: 0) else { return false }
    if let ipv4 = address.ipv4Address { return ipv4 >> 24 == 127 }
    return address.high == 0 && address.low == 1
  }
}
