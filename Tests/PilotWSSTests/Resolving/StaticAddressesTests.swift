import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

struct StaticAddressesTests {
  @Test func `entries name hosts and their addresses`() throws {
    let addresses = try StaticAddresses(parsing: [
      "beacon.example=192.0.2.1", "Beacon.Example.=2001:db8::1", "beacon.example=[2001:db8::2]", "b.example=192.0.2.2",
      "beacon.example=192.0.2.1",
    ])
    #expect(
      addresses.addresses(of: "BEACON.example").map(\.addressText) == ["192.0.2.1", "2001:db8::1", "2001:db8::2"])
    #expect(addresses.addresses(of: "b.example.").map(\.addressText) == ["192.0.2.2"])
    #expect(addresses.addresses(of: "example") == [])
    #expect(!addresses.isEmpty && StaticAddresses().isEmpty)
  }

  @Test(arguments: [
    ("beacon.example", "HOST=ADDRESS"), ("=192.0.2.1", "HOST=ADDRESS"), ("a:1=192.0.2.1", "HOST=ADDRESS"),
    ("a=", "no IP address"), ("a=b", "no IP address"), ("a=192.0.2.1:9", "no IP address"),
    ("a=192.0.2", "no IP address"),
  ])
  func `what is wrong with an entry is said`(entry: String, reason: String) {
    let error = #expect(throws: TransportError.self) { try StaticAddresses(parsing: [entry]) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains(reason) == true && error?.message.contains("\"\(entry)\"") == true)
  }

  @Test func `a host has 16 addresses at most`() {
    let entries = (1...16).map { "a=192.0.2.\($0)" }
    #expect((try? StaticAddresses(parsing: entries))?.addresses(of: "a").count == 16)
    #expect(throws: TransportError.self) { try StaticAddresses(parsing: entries + ["a=192.0.2.17"]) }
    var addresses = StaticAddresses()
    for number: UInt8 in 1...20 { addresses.add(Endpoint(ipv4: 192, 0, 2, number, port: 7), for: "a") }
    #expect(addresses.addresses(of: "a").count == 16 && addresses.addresses(of: "a")[0].port == 0)
  }
}
