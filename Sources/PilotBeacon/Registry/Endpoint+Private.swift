import PilotWire

extension Endpoint {
  /// Whether the address is this machine's own or of a private network: what is sent there in clear text doesn't cross the
  /// internet. RFC 1918, RFC 4193, and link-local ones.
  var isPrivate: Bool {
    guard let address = ipv4Address else {
      return high == 0 && low == 1 || high >> 57 == 0xFC >> 1 || high >> 54 == 0xFE80 >> 6
    }
    switch address >> 24 {
    case 10, 127: return true
    case 169: return address >> 16 == 169 << 8 | 254
    case 172: return address >> 20 == 172 << 4 | 1
    case 192: return address >> 16 == 192 << 8 | 168
    default: return false
    }
  }
}
