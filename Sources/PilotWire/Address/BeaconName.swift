/// What a node has dialled its beacon as: a host and a port, in the one form that both of them compare and sign (wire
/// reference, section 2).
///
/// Two ways to write one name are one value:
///
/// * A name: its letters in lower case, without the dot at the end that marks it as absolute.
/// * An IPv4 address, also where it is written as an IPv4-mapped IPv6 one: four decimal numbers, `192.0.2.1`.
/// * An IPv6 address: as RFC 5952 writes it, without a zone, which means nothing to others.
///
/// The port always stands there, also one that a URL leaves out.
public struct BeaconName: Hashable, Sendable {
  /// The longest host, in bytes: what a DNS name can have (RFC 1035, section 2.3.4).
  public static let maximumHostLength = 253

  /// The host in its normal form, IPv6 without brackets.
  public let host: String
  /// The port, 1...65535.
  public let port: UInt16

  /// The name of a host in any form; nil for one that can't be a host's name or address, and for port 0.
  ///
  /// - Parameters:
  ///   - host: Letters, digits, `-`, `.` and `_` of ASCII, or an IP address, IPv6 without brackets.
  ///   - port: 1...65535.
  public init?(host: some StringProtocol, port: UInt16) {
    guard port != 0, let host = Self.normal(host) else { return nil }
    (self.host, self.port) = (host, port)
  }

  /// The name of an address, for who has dialled that; nil for port 0.
  public init?(_ endpoint: Endpoint) {
    guard endpoint.port != 0 else { return nil }
    host = Endpoint(high: endpoint.high, low: endpoint.low, port: 0).addressText
    port = endpoint.port
  }

  /// Reads a name in its normal form, as ``description`` writes it; nil for any other text.
  public init?(parsing text: some StringProtocol) {
    guard let read = try? HostPort(parsing: text), let port = read.port,
      let name = BeaconName(host: read.host, port: port), name.description.utf8.elementsEqual(text.utf8)
    else { return nil }
    self = name
  }

  private static func normal(_ host: some StringProtocol) -> String? {
    if host.utf8.contains(UInt8(ascii: ":")) {
      let address = host.prefix { $0 != "%" }
      guard let endpoint = try? Endpoint(parsing: "[\(address)]:0") else { return nil }
      return endpoint.addressText
    }
    let isName = host.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
    var text = host.lowercased()
    if text.hasSuffix(".") { text.removeLast() }
    return isName && (1...maximumHostLength).contains(text.utf8.count) ? text : nil
  }
}

extension BeaconName: CustomStringConvertible {
  /// `host:port`, IPv6 in brackets: what stands in the texts that are signed.
  public var description: String { HostPort(host: host, port: port).description }
}
