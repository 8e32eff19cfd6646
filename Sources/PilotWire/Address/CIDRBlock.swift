/// A block of IP addresses with a common prefix (RFC 4632): `192.0.2.0/24`, `2001:db8::/32`, or one address.
///
/// IPv4 and IPv6 are apart: `::/0` is all of IPv6, and no IPv4 address. A block of IPv4-mapped addresses is the IPv4 block.
public struct CIDRBlock: Hashable, Sendable {
  /// The first address of the block. Its port and scope are 0.
  public let base: Endpoint
  /// How many bits the addresses have in common: 0...32 for IPv4, 0...128 for IPv6.
  public let prefixLength: Int

  /// Reads `ADDRESS/LENGTH`, or an address alone, IPv6 without brackets.
  ///
  /// - Throws: ``SyntaxError``. An address with bits set behind its prefix is refused, since it can't be told whether the
  ///   address or the length is the mistake.
  public init(parsing text: some StringProtocol) throws(SyntaxError) {
    let slash = text.firstIndex(of: "/")
    let host = text[..<(slash ?? text.endIndex)]
    guard !host.contains("%"), let address = try? Endpoint(address: String(host), port: 0) else {
      throw SyntaxError("it isn't an IP address, or one with the length of a prefix: 192.0.2.0/24, 2001:db8::/32")
    }
    let isMapped = address.isIPv4 && host.contains(":")
    let width = address.isIPv4 && !isMapped ? 32 : 128
    var length = width
    if let slash {
      guard let number = Decimal.parse(text[text.index(after: slash)...].utf8, as: UInt8.self), number <= width else {
        throw SyntaxError("the length of the prefix must be 0 to \(width)")
      }
      length = Int(number)
    }
    if isMapped {
      guard length >= 96 else { throw SyntaxError("a prefix of IPv4-mapped addresses has 96 bits at least") }
      length -= 96
    }
    let (high, low) = Self.cut(address, after: length)
    base = Endpoint(high: high, low: low, port: 0)
    prefixLength = length
    guard base.high == address.high, base.low == address.low else {
      throw SyntaxError("bits are set behind the prefix: did you mean \(base.addressText)/\(length)?")
    }
  }

  /// The address without the bits behind the prefix.
  private static func cut(_ address: Endpoint, after length: Int) -> (high: UInt64, low: UInt64) {
    if address.isIPv4 { return (0, address.low & ~(UInt64(UInt32.max) >> UInt64(length))) }
    return (address.high & ~(UInt64.max >> UInt64(length)), address.low & ~(UInt64.max >> UInt64(max(0, length - 64))))
  }

  /// Whether the address of an endpoint is in the block. Port and scope don't matter.
  public func contains(_ endpoint: Endpoint) -> Bool {
    guard endpoint.isIPv4 == base.isIPv4 else { return false }
    let (high, low) = Self.cut(endpoint, after: prefixLength)
    return high == base.high && low == base.low
  }

  /// Why a text is no block.
  public struct SyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One clause without a full stop.
    public let description: String

    init(_ description: String) { self.description = description }
  }
}

extension CIDRBlock: CustomStringConvertible {
  /// `192.0.2.0/24`.
  public var description: String { "\(base.addressText)/\(prefixLength)" }
}
