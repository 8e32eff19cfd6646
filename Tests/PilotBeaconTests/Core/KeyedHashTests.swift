import PilotWire
import Testing

@testable import PilotBeacon

/// Which addresses are one source.
struct KeyedHashTests {
  @Test func theAddressesOfOneIPv6SiteAreOneSourceAndThoseOfIPv4AreNot() {
    let hash = KeyedHash(seed: 1)
    let (site, other) = (UInt64(0x2001_0DB8 << 32), UInt64(0x2001_0DB8 << 32 | 1))
    let source = hash(addressOf: Endpoint(high: site, low: 1, port: 1))
    #expect(hash(addressOf: Endpoint(high: site, low: .max, scope: 2, port: 3)) == source)
    #expect(hash(addressOf: Endpoint(high: other, low: 1, port: 1)) != source)
    #expect(hash(addressOf: .test(1)) == hash(addressOf: .test(1, port: 1)))
    #expect(hash(addressOf: .test(1)) != hash(addressOf: .test(2)))
  }
}
