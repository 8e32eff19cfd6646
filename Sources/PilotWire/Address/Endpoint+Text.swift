extension Endpoint: CustomStringConvertible {
  /// The canonical text: `192.0.2.1:9001`, `[2001:db8::1]:9001`, `[fe80::1%3]:9001` (RFC 5952 section 6).
  public var description: String {
    isIPv4 ? "\(addressText):\(port)" : "[\(addressText)]:\(port)"
  }

  /// The address alone, without brackets: `192.0.2.1`, `2001:db8::1`, `fe80::1%3`.
  public var addressText: String {
    if let ipv4Address { return IPv4Text.format(ipv4Address) }
    let text = IPv6Text.format(high: high, low: low)
    return scope == 0 ? text : "\(text)%\(scope)"
  }

  /// Reads `a.b.c.d:port` or `[v6]:port` or `[v6%scope]:port`.
  ///
  /// Strict, because an endpoint in a configuration that means something else to the next program is worse than an error:
  /// no host names, no leading zeros (some readers take them for octal), the port in decimal from 0 to 65535, and a scope
  /// as a number only, since names of interfaces are the system's to resolve.
  ///
  /// - Throws: `EndpointSyntaxError`.
  public init(parsing text: some StringProtocol) throws(EndpointSyntaxError) {
    let bytes = text.utf8
    if bytes.first == UInt8(ascii: "[") {
      guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .unclosedBracket }
      let inside = bytes[bytes.index(after: bytes.startIndex)..<close]
      let rest = bytes[bytes.index(after: close)...]
      guard rest.first == UInt8(ascii: ":") else { throw .missingPort }
      let port = try Self.port(rest.dropFirst())
      let zone = inside.firstIndex(of: UInt8(ascii: "%"))
      guard let (high, low) = IPv6Text.parse(inside[..<(zone ?? inside.endIndex)]) else { throw .invalidIPv6Address }
      var scope: UInt32 = 0
      if let zone {
        let digits = inside[inside.index(after: zone)...]
        guard let value = Decimal.parse(digits, as: UInt32.self), value != 0 else { throw .invalidScope }
        scope = value
      }
      self.init(high: high, low: low, scope: scope, port: port)
    } else {
      guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { throw .missingPort }
      let rest = bytes[bytes.index(after: colon)...]
      guard !rest.contains(UInt8(ascii: ":")) else { throw .unbracketedIPv6Address }
      guard let address = IPv4Text.parse(bytes[..<colon]) else { throw .invalidIPv4Address }
      self.init(ipv4Address: address, port: try Self.port(rest))
    }
  }

  private static func port(_ digits: some Collection<UInt8>) throws(EndpointSyntaxError) -> UInt16 {
    guard !digits.isEmpty else { throw .missingPort }
    guard let port = Decimal.parse(digits, as: UInt16.self) else { throw .invalidPort }
    return port
  }
}

/// Why a text is no endpoint.
@nonexhaustive
public enum EndpointSyntaxError: Error, Equatable, Sendable {
  /// No `:port` behind the address.
  case missingPort
  /// The port isn't a decimal number from 0 to 65535.
  case invalidPort
  /// The part before the colon isn't four decimal numbers from 0 to 255 with dots between (a host name, perhaps).
  case invalidIPv4Address
  /// The part in brackets is no IPv6 address.
  case invalidIPv6Address
  /// An IPv6 address without brackets, where address and port can't be told apart.
  case unbracketedIPv6Address
  /// `[` without `]`.
  case unclosedBracket
  /// The part behind `%` isn't an interface number from 1 on.
  case invalidScope
  /// The part behind `%` is the name of no interface of this machine. Not from ``Endpoint/init(parsing:)``, which knows none.
  case unknownInterface
}

extension EndpointSyntaxError: CustomStringConvertible {
  /// One sentence for a person, without a full stop.
  public var description: String {
    switch self {
    case .missingPort: "the port is missing: write address:port"
    case .invalidPort: "the port must be a decimal number from 0 to 65535"
    case .invalidIPv4Address: "the address must be IPv4 like 192.0.2.1, or IPv6 in brackets"
    case .invalidIPv6Address: "the part in brackets is no IPv6 address"
    case .unbracketedIPv6Address: "an IPv6 address needs brackets: write [address]:port"
    case .unclosedBracket: "the bracket is not closed"
    case .invalidScope: "the part behind % must be an interface number from 1 on"
    case .unknownInterface: "this machine has no interface of the name behind %"
    }
  }
}
