public import PilotTransport
import PilotWire

/// Where a proxy is, and what it speaks: `http://`, `https://`, `socks5://` or `socks5h://`, with `user:password@` where it wants
/// that. Its text shows neither.
public struct ProxyURL: Sendable, Hashable {
  /// How a proxy is asked for a tunnel.
  public enum Scheme: String, Sendable, Hashable, CaseIterable {
    /// CONNECT (RFC 9110, section 9.3.6), in the clear as far as the proxy.
    case http
    /// The same over TLS.
    case https
    /// SOCKS 5 (RFC 1928). The proxy resolves the beacon's name.
    case socks5
    /// The same: other programs resolve names themselves for `socks5`.
    case socks5h

    /// The port where a URL says none: 80, 443 and 1080.
    public var defaultPort: Int {
      switch self {
      case .http: 80
      case .https: 443
      case .socks5, .socks5h: 1_080
      }
    }
  }

  /// What it speaks.
  public let scheme: Scheme
  /// A name or an IP address, IPv6 without brackets.
  public let host: String
  /// The TCP port.
  public let port: Int
  /// Who this is, if the proxy is told at once.
  public let credentials: ProxyCredentials?

  /// Reads a URL. `HOST:PORT` alone is one of `http://`, and `socks://` is SOCKS 5, as desktops write it. User and password are
  /// percent-decoded; everything up to the last `@` is theirs.
  ///
  /// - Throws: `.invalidConfiguration` that says what is wrong. It quotes nothing of the text, which may be a password.
  public init(parsing text: String) throws(TransportError) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw Self.invalid("spaces and control characters are written in percent notation")
    }
    let mark = text.firstRange(of: "://")
    scheme = try Self.scheme(mark.map { String(text[..<$0.lowerBound]) })
    let rest = text[(mark?.upperBound ?? text.startIndex)...]
    let at = rest.lastIndex(of: "@")
    let place = rest[(at.map { rest.index(after: $0) } ?? rest.startIndex)...]
    let end = place.firstIndex { "/?#".contains($0) } ?? place.endIndex
    guard place[end...].isEmpty || place[end...] == "/" else {
      throw Self.invalid(
        "a proxy has no path; if this is a PAC file's address, give the proxy that the file names, since none is read here"
      )
    }
    let authority: HostPort
    do {
      authority = try HostPort(parsing: place[..<end])
    } catch {
      throw Self.invalid(error.description)
    }
    host = authority.host
    port = authority.port.map(Int.init) ?? scheme.defaultPort
    credentials = try at.map { at throws(TransportError) in try Self.credentials(rest[..<at]) }
    if scheme == .socks5 || scheme == .socks5h { try credentials.map(SOCKSHandshake.check) }
  }

  private static func scheme(_ text: String?) throws(TransportError) -> Scheme {
    guard let text = text?.lowercased() else { return .http }
    if let scheme = Scheme(rawValue: text) { return scheme }
    switch text {
    case "socks": return .socks5
    case "socks4", "socks4a":
      throw invalid("SOCKS 4 isn't spoken here; most such proxies speak SOCKS 5, too: write socks5://")
    case _ where text.hasPrefix("pac"):
      throw invalid("PAC files aren't read here; give the proxy that the file names")
    default: throw invalid("it must begin with http://, https://, socks5:// or socks5h://")
    }
  }

  private static func credentials(_ text: Substring) throws(TransportError) -> ProxyCredentials {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = decoded(parts[0]), let password = decoded(parts.count > 1 ? parts[1] : "") else {
      throw invalid("in user and password a percent sign is written %25, and what they stand for is UTF-8")
    }
    return try ProxyCredentials(user: user, password: password)
  }

  /// Takes percent notation apart (RFC 3986, section 2.1).
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy(isHexDigit), let value = UInt8(Substring(digits), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }

  private static func invalid(_ reason: String) -> TransportError {
    TransportError(code: .invalidConfiguration, message: "the proxy's URL can't be used: \(reason)")
  }

  /// Host and port.
  var authority: String { HostPort(host: host, port: UInt16(clamping: port)).description }
}

extension ProxyURL: CustomStringConvertible, CustomDebugStringConvertible {
  /// The URL without user and password: `http://…@proxy.example:3128`.
  public var description: String { "\(scheme.rawValue)://\(credentials == nil ? "" : "…@")\(authority)" }
  /// The same.
  public var debugDescription: String { description }
}
