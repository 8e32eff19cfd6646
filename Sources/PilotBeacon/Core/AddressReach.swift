internal import PilotWire

/// From where an address is reached (RFC 6890, and the IANA registries of special-purpose addresses).
enum AddressReach: Equatable, Sendable {
  /// From the whole network. Addresses for documentation count among these: no other use of them is at stake.
  case global
  /// From this machine: 127.0.0.0/8, ::1.
  case loopback
  /// From a link, a site or behind a carrier's NAT; or it is no unicast address at all.
  case limited

  init(of endpoint: Endpoint) {
    if let address = endpoint.ipv4Address {
      self = Self.ofIPv4(address)
    } else if endpoint.high == 0, endpoint.low == 1 {
      self = .loopback
    } else {
      // 2000::/3 is all that is given out as global unicast (RFC 4291, section 2.5.4).
      self = endpoint.high >> 61 == 1 ? .global : .limited
    }
  }

  private static func ofIPv4(_ address: UInt32) -> AddressReach {
    func isIn(_ prefix: UInt32, _ length: UInt32) -> Bool { (address ^ prefix) >> (32 - length) == 0 }
    if isIn(0x7F00_0000, 8) { return .loopback }
    let isLimited =
      isIn(0, 8) || isIn(0x0A00_0000, 8) || isIn(0xAC10_0000, 12) || isIn(0xC0A8_0000, 16) || isIn(0xA9FE_0000, 16)
      || isIn(0x6440_0000, 10) || isIn(0xE000_0000, 3)
    return isLimited ? .limited : .global
  }
}
