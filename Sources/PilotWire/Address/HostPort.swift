/// A host and perhaps a port, as they stand in a URL (RFC 3986, section 3.2): `HOST`, `HOST:PORT` or `[IPv6]:PORT`.
public struct HostPort: Sendable, Hashable {
  /// A name or an IP address, IPv6 without brackets. A link-local one may have its zone behind it: `fe80::1%eth0`.
  public let host: String
  /// 1 to 65,535; nil where none is written.
  public let port: UInt16?

  /// Names a host. What ``init(parsing:)`` would refuse, its text refuses, too.
  public init(host: String, port: UInt16? = nil) {
    self.host = host
    self.port = port
  }

  /// Reads a text: letters, digits, `-`, `.` and `_` for a name or an IPv4 address, brackets around an IPv6 address.
  ///
  /// The zone of a link-local address may be the number or the name of an interface, behind `%25` as a URL has it (RFC 6874)
  /// or behind the bare `%` that everybody writes. Whether there is such an interface isn't looked at.
  ///
  /// - Throws: ``SyntaxError`` that says what is wrong.
  public init(parsing text: some StringProtocol) throws(SyntaxError) {
    let text = Substring(text)
    var host = text
    var zone = ""
    var port: Substring?
    if text.hasPrefix("[") {
      guard let bracket = text.firstIndex(of: "]") else { throw SyntaxError("the bracket isn't closed") }
      host = text[text.index(after: text.startIndex)..<bracket]
      if let mark = host.firstIndex(of: "%") {
        zone = "%" + (try Self.zone(host[host.index(after: mark)...]))
        host = host[..<mark]
      }
      guard (try? Endpoint(parsing: "[\(host)]:0")) != nil else { throw SyntaxError("\(host) is no IPv6 address") }
      let tail = text[text.index(after: bracket)...]
      if !tail.isEmpty {
        guard tail.hasPrefix(":") else { throw SyntaxError("after the bracket comes a colon and the port") }
        port = tail.dropFirst()
      }
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    if host.isEmpty { throw SyntaxError("the host is missing") }
    guard text.hasPrefix("[") || host.utf8.allSatisfy(Self.isNameCharacter) else {
      throw SyntaxError("the host must be a name or an IP address, IPv6 in brackets")
    }
    self.host = host + zone
    self.port = try port.map { text throws(SyntaxError) in try Self.number(text) }
  }

  /// The part behind `%`, without the `25` that stands for the percent sign itself.
  private static func zone(_ text: Substring) throws(SyntaxError) -> String {
    let zone = text.hasPrefix("25") && text.utf8.count > 2 ? text.dropFirst(2) : text
    guard !zone.isEmpty, zone.utf8.allSatisfy({ isNameCharacter($0) || $0 == UInt8(ascii: "~") }) else {
      throw SyntaxError("behind % comes the number or the name of an interface")
    }
    return String(zone)
  }

  private static func number(_ text: Substring) throws(SyntaxError) -> UInt16 {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(text), number > 0 else {
      throw SyntaxError("the port must be 1...65535")
    }
    return number
  }

  /// Letters, digits, and `-`, `.`, `_`: what names in use consist of.
  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  /// Why a text is no host and port.
  public struct SyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One clause without a full stop.
    public let description: String

    init(_ description: String) { self.description = description }
  }
}

extension HostPort: CustomStringConvertible {
  /// The text, IPv6 in brackets.
  public var description: String {
    let host = host.contains(":") ? "[\(host)]" : host
    return port.map { "\(host):\($0)" } ?? host
  }
}

extension Endpoint {
  /// An IP address without brackets, and a port.
  ///
  /// - Throws: ``EndpointSyntaxError`` when it is no address; names aren't looked up.
  public init(address: String, port: UInt16) throws(EndpointSyntaxError) {
    try self.init(parsing: HostPort(host: address, port: port).description)
  }
}
