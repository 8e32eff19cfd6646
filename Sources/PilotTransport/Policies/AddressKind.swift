package import PilotWire

/// What an address is set aside for, and so from how far it is reached (RFC 6890, and the IANA registries of special-purpose
/// addresses). All that this package knows of such ranges stands here; what follows for a user of it, he says himself.
package enum AddressKind: Hashable, Sendable, CaseIterable {
  /// This machine: 127.0.0.0/8 (RFC 1122, section 3.2.1.3), ::1 (RFC 4291, section 2.5.3).
  case loopback
  /// One link: 169.254.0.0/16 (RFC 3927), fe80::/10 (RFC 4291, section 2.5.6).
  case linkLocal
  /// A private network: 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 (RFC 1918), fc00::/7 (RFC 4193).
  case privateUse
  /// Between a carrier's NAT and its customers: 100.64.0.0/10 (RFC 6598). None of them reaches it from the internet, and each of
  /// them may reach the others.
  case shared
  /// The whole network. Addresses for documentation count among these: no other use of them is at stake.
  case global
  /// No machine is there: 0.0.0.0/8 (RFC 1122, section 3.2.1.3), multicast (RFC 5771) with what is reserved behind it and the
  /// broadcast address (RFC 1112, section 4; RFC 919); in IPv6 all outside of the above, the site-local addresses that were given up
  /// (RFC 3879) among it.
  case reserved

  /// The kind of an endpoint's address, IPv4 plain or mapped. Port and scope don't matter.
  package init(of endpoint: Endpoint) {
    if let address = endpoint.ipv4Address {
      self = Self.ofIPv4(address)
    } else if endpoint.high == 0, endpoint.low == 1 {
      self = .loopback
    } else {
      self = Self.ofIPv6(endpoint.high)
    }
  }

  private static func ofIPv4(_ address: UInt32) -> AddressKind {
    func isIn(_ prefix: UInt32, _ length: UInt32) -> Bool { (address ^ prefix) >> (32 - length) == 0 }
    if isIn(0x7F00_0000, 8) { return .loopback }
    if isIn(0xA9FE_0000, 16) { return .linkLocal }
    if isIn(0x0A00_0000, 8) || isIn(0xAC10_0000, 12) || isIn(0xC0A8_0000, 16) { return .privateUse }
    if isIn(0x6440_0000, 10) { return .shared }
    // 224.0.0.0/3 is multicast, what is reserved, and the broadcast address.
    if isIn(0, 8) || isIn(0xE000_0000, 3) { return .reserved }
    return .global
  }

  /// - Parameter high: The address' first 64 bits.
  private static func ofIPv6(_ high: UInt64) -> AddressKind {
    if high >> 54 == 0xFE80 >> 6 { return .linkLocal }
    if high >> 57 == 0xFC >> 1 { return .privateUse }
    // 2000::/3 is all that is given out as global unicast (RFC 4291, section 2.5.4, and IANA's registry of it).
    return high >> 61 == 1 ? .global : .reserved
  }
}
