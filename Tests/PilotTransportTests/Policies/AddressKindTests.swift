import PilotWire
import Testing

@testable import PilotTransport

struct AddressKindTests {
  /// Where the kind changes, from the first address to the last: each is the first of its kind's range.
  private static let ipv4: [(first: String, kind: AddressKind)] = [
    ("0.0.0.0", .reserved), ("1.0.0.0", .global), ("10.0.0.0", .privateUse), ("11.0.0.0", .global),
    ("100.64.0.0", .shared), ("100.128.0.0", .global), ("127.0.0.0", .loopback), ("128.0.0.0", .global),
    ("169.254.0.0", .linkLocal), ("169.255.0.0", .global), ("172.16.0.0", .privateUse), ("172.32.0.0", .global),
    ("192.168.0.0", .privateUse), ("192.169.0.0", .global), ("224.0.0.0", .reserved),
  ]

  private static let ipv6: [(first: String, kind: AddressKind)] = [
    ("::", .reserved), ("::1", .loopback), ("::2", .reserved), ("2000::", .global), ("4000::", .reserved),
    ("fc00::", .privateUse), ("fe00::", .reserved), ("fe80::", .linkLocal), ("fec0::", .reserved),
  ]

  @Test func `each range of IPv4 begins and ends where it is registered`() throws {
    for (index, range) in Self.ipv4.enumerated() {
      let next = index + 1 < Self.ipv4.count ? Self.ipv4[index + 1].first : nil
      let first = try #require(try Endpoint(address: range.first, port: 1).ipv4Address)
      let behind = try next.flatMap { try Endpoint(address: $0, port: 1).ipv4Address }
      let last = behind.map { $0 - 1 } ?? .max
      for address in [first, first + (last - first) / 2, last] {
        let endpoint = Endpoint(ipv4Address: address, port: 0)
        #expect(AddressKind(of: endpoint) == range.kind, "\(endpoint.addressText)")
        let mapped = Endpoint(high: 0, low: 0xFFFF << 32 | UInt64(address), scope: 3, port: 9)
        #expect(AddressKind(of: mapped) == range.kind, "\(endpoint.addressText), mapped")
      }
    }
  }

  @Test func `each range of IPv6 begins and ends where it is registered`() throws {
    func number(_ text: String) throws -> UInt128 {
      let endpoint = try Endpoint(address: text, port: 1)
      return UInt128(endpoint.high) << 64 | UInt128(endpoint.low)
    }
    for (index, range) in Self.ipv6.enumerated() {
      let first = try number(range.first)
      let last = index + 1 < Self.ipv6.count ? try number(Self.ipv6[index + 1].first) - 1 : .max
      for address in [first, first + (last - first) / 2, last] {
        let endpoint = Endpoint(
          high: UInt64(address >> 64), low: UInt64(truncatingIfNeeded: address), scope: 2, port: 0)
        #expect(AddressKind(of: endpoint) == range.kind, "\(endpoint.addressText)")
      }
    }
  }
}
