import PilotTransport
import PilotWire
import Testing

@Suite("Zones by the names of interfaces")
struct EndpointZoneTests {
  /// What every machine has, by its number there.
  private static var loopback: (name: String, index: UInt32) {
    #if os(Linux)
      ("lo", 1)
    #else
      ("lo0", 1)
    #endif
  }

  @Test("a name stands for its interface's number")
  func names() throws {
    let expected = Endpoint(high: 0xFE80 << 48, low: 1, scope: Self.loopback.index, port: 9001)
    #expect(try Endpoint(parsingWithZone: "[fe80::1%\(Self.loopback.name)]:9001") == expected)
    #expect(try Endpoint(parsingWithZone: "[fe80::1%\(Self.loopback.index)]:9001") == expected)
  }

  @Test("everything else is as without", arguments: ["127.0.0.1:1", "[::1]:1", "[fe80::1%7]:65535"])
  func others(text: String) throws {
    #expect(try Endpoint(parsingWithZone: text) == Endpoint(parsing: text))
  }

  @Test(
    "what is no zone is refused with its reason",
    arguments: [
      ("[fe80::1%none-such-0]:1", .unknownInterface), ("[fe80::1%lo\u{0}x]:1", .unknownInterface),
      ("[fe80::1%]:1", .invalidScope), ("[fe80::1%0]:1", .invalidScope), ("fe80::1%lo:1", .unbracketedIPv6Address),
      ("[fe80::g%lo]:1", .invalidIPv6Address), ("[fe80::1%lo]", .missingPort),
    ] as [(String, EndpointSyntaxError)])
  func refusals(text: String, reason: EndpointSyntaxError) {
    #expect(throws: reason) { try Endpoint(parsingWithZone: text.replacing("%lo]", with: "%\(Self.loopback.name)]")) }
  }
}
