import PilotWire
import Testing

@Suite("Host and port")
struct HostPortTests {
  @Test(
    "what is written is read, and written again",
    arguments: [
      ("beacon.example", HostPort(host: "beacon.example")), ("a_b-c:1", HostPort(host: "a_b-c", port: 1)),
      ("192.0.2.1:65535", HostPort(host: "192.0.2.1", port: 65_535)), ("[::1]", HostPort(host: "::1")),
      ("[2001:db8::1]:443", HostPort(host: "2001:db8::1", port: 443)),
    ])
  func forms(_ text: String, _ expected: HostPort) throws {
    let read = try HostPort(parsing: text)
    #expect(read == expected)
    #expect(read.description == text)
  }

  @Test(
    "everything else is refused, and says why",
    arguments: [
      ("", "the host is missing"), (":1", "the host is missing"), ("[::1", "the bracket isn't closed"),
      ("[::1]1", "after the bracket comes a colon and the port"), ("[beacon]:1", "beacon is no IPv6 address"),
      ("::1", "the host is missing"), ("a b", "the host must be a name or an IP address, IPv6 in brackets"),
      ("a:0", "the port must be 1...65535"), ("a:65536", "the port must be 1...65535"),
      ("a:", "the port must be 1...65535"), ("a:+1", "the port must be 1...65535"),
      ("1::2", "the port must be 1...65535"),
    ])
  func refusals(_ text: String, _ reason: String) {
    let error = #expect(throws: HostPort.SyntaxError.self) { try HostPort(parsing: text) }
    #expect(error?.description == reason)
  }

  @Test(
    "the zone of an address is kept, behind the percent sign as it is, or as a URL has it",
    arguments: [
      ("[fe80::1%eth0]:9001", "fe80::1%eth0"), ("[fe80::1%25eth0]:9001", "fe80::1%eth0"),
      ("[fe80::1%3]:9001", "fe80::1%3"), ("[fe80::1%25]:9001", "fe80::1%25"),
      ("[fe80::1%br-0.1~x_y]:9001", "fe80::1%br-0.1~x_y"),
    ])
  func zones(_ text: String, _ host: String) throws {
    let read = try HostPort(parsing: text)
    #expect(read == HostPort(host: host, port: 9001))
    #expect(read.description == "[\(host)]:9001")
  }

  @Test(
    "what can be no zone is refused",
    arguments: ["[fe80::1%]", "[fe80::1%a%b]", "[fe80::1%a/b]", "[fe80::1% ]", "[::g%a]"])
  func noZones(_ text: String) {
    #expect(throws: HostPort.SyntaxError.self) { try HostPort(parsing: text) }
  }

  @Test("an endpoint from an address without brackets")
  func endpoints() throws {
    #expect(try Endpoint(address: "::1", port: 9) == Endpoint(parsing: "[::1]:9"))
    #expect(try Endpoint(address: "127.0.0.1", port: 9) == Endpoint(ipv4: 127, 0, 0, 1, port: 9))
    #expect(throws: EndpointSyntaxError.self) { try Endpoint(address: "localhost", port: 9) }
  }
}
