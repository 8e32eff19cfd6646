import PilotWire
import Testing

/// What a node has dialled has one form, whoever writes it down.
@Suite struct BeaconNameTests {
  @Test(arguments: Vectors.list(\.beaconNames))
  func everyWayToWriteAHostHasOneForm(_ vector: Vectors.NamedBeacon) throws {
    let name = try #require(BeaconName(host: vector.host, port: vector.port))
    #expect(name.description == vector.name)
    #expect(BeaconName(parsing: vector.name) == name)
    #expect(BeaconName(host: name.host, port: name.port) == name)
  }

  @Test func anAddressIsNamedAsItIsWritten() throws {
    for text in ["192.0.2.1:9001", "[2001:db8::1]:9001"] {
      #expect(BeaconName(try Endpoint(parsing: text))?.description == text)
    }
    #expect(BeaconName(try Endpoint(parsing: "[fe80::1%7]:9001"))?.description == "[fe80::1]:9001")
    #expect(BeaconName(Endpoint.loopback(port: 0)) == nil)
  }

  @Test(arguments: [
    "", ".", "a b", "beacon.example:9001", "[::1]", "::g", "1:2", "%", "beacon.example..%", "b\u{E9}acon",
    "\u{212A}elvin",
    "a/b", "user@host", String(repeating: "a", count: 254),
  ])
  func whatIsNoHostHasNoName(_ host: String) {
    #expect(BeaconName(host: host, port: 9_001) == nil)
  }

  @Test func theLongestHostHasAName() {
    #expect(BeaconName(host: String(repeating: "a", count: 253), port: 1)?.host.utf8.count == 253)
    #expect(BeaconName(host: String(repeating: "a", count: 253) + ".", port: 1)?.host.utf8.count == 253)
    #expect(BeaconName(host: "a", port: 0) == nil)
  }

  @Test(arguments: [
    "beacon.example", "Beacon.example:1", "beacon.example.:1", "beacon.example:01", "beacon.example:0",
    "beacon.example:65536",
    "beacon.example:", "::1:9001", "[::1]", "[0:0::1]:1", "[::ffff:192.0.2.1]:1", "[fe80::1%3]:1", " a:1", "a:1 ",
    "a:1:2",
  ])
  func onlyTheNormalFormIsRead(_ text: String) {
    #expect(BeaconName(parsing: text) == nil)
  }
}
