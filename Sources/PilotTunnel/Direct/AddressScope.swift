import PilotWire

/// From how far an address is reached (RFC 6890, and the IANA registries of special-purpose addresses). The nearest is the
/// least.
enum AddressScope: Comparable, Sendable {
  /// From this machine alone: 127.0.0.0/8, ::1.
  case machine
  /// From a site, or behind a carrier's NAT: RFC 1918, RFC 6598, and RFC 4193 for IPv6.
  case site
  /// From the whole network. Addresses for documentation count among these.
  case world

  /// Nil for an address where no peer can be: unspecified, multicast, broadcast, reserved, and link-local, since the wire
  /// carries no zone, and since clouds keep their instances' secrets at 169.254.169.254.
  init?(of endpoint: Endpoint) {
    guard endpoint.port != 0 else { return nil }
    if let address = endpoint.ipv4Address {
      self.init(ipv4: address)
    } else if endpoint.high == 0, endpoint.low == 1 {
      self = .machine
    } else if endpoint.high >> 57 == 0xFC >> 1 {
      self = .site
    } else if endpoint.high >> 61 == 1 {
      // 2000::/3 is all that is given out as global unicast (RFC 4291, section 2.5.4).
      self = .world
    } else {
      return nil
    }
  }

  private init?(ipv4 address: UInt32) {
    func isIn(_ prefix: UInt32, _ length: UInt32) -> Bool { (address ^ prefix) >> (32 - length) == 0 }
    if isIn(0, 8) || isIn(0xA9FE_0000, 16) || isIn(0xE000_0000, 3) { return nil }
    if isIn(0x7F00_0000, 8) {
      self = .machine
    } else if isIn(0x0A00_0000, 8) || isIn(0xAC10_0000, 12) || isIn(0xC0A8_0000, 16) || isIn(0x6440_0000, 10) {
      self = .site
    } else {
      self = .world
    }
  }
}
