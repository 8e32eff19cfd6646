public import PilotWire

/// How long a packet may be to get to its destination in one piece: the maximum transmission unit of the path, which is that of
/// the narrowest link on it (RFC 1191, RFC 8201).
///
/// A tunnel or a VPN on the way takes 40 to 100 bytes off the usual 1,500.
public struct PathMTU: Sendable, Hashable, Comparable {
  /// Bytes of a packet, its IP header included.
  public let bytes: Int

  /// Names a length, in bytes; less than none is none.
  public init(bytes: Int) { self.bytes = max(bytes, 0) }

  /// What a report says, which anybody may have made up: no path that carries IPv6 takes less than 1,280 bytes (RFC 8200,
  /// section 5), and less than 552 Linux doesn't believe of IPv4 (min_pmtu, ip-sysctl.rst). Routers that are older than RFC
  /// 1191 say 0.
  package init(reported bytes: UInt32, destination: Endpoint) {
    self.init(bytes: max(Int(min(bytes, 65_576)), destination.isIPv4 ? 552 : Self.minimumOverIPv6.bytes))
  }

  /// 1,280 bytes, what each path takes that carries IPv6 (RFC 8200, section 5), and nearly each that carries IPv4.
  public static let minimumOverIPv6 = PathMTU(bytes: 1_280)

  /// The longest frame that is one packet on this path as a UDP datagram, in bytes: less 8 for its header (RFC 768), and 20
  /// for that of IPv4 without options (RFC 791) or 40 for that of IPv6 (RFC 8200).
  public func maximumFrameLength(to destination: Endpoint) -> Int {
    let (header, longest) =
      destination.isIPv4 ? (28, FrameLimits.maximumOverUDPv4) : (48, FrameLimits.maximumOverUDPv6)
    return min(max(bytes - header, 0), longest)
  }

  /// Whether `left` is the narrower path.
  public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}
