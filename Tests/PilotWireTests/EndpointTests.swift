import PilotTesting
import PilotWire
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct EndpointTests {
  @Test func mappedIPv4IsTheIPv4Endpoint() throws {
    let plain = Endpoint(ipv4: 192, 0, 2, 7, port: 9001)
    let mapped = Endpoint(high: 0, low: 0xFFFF_C000_0207, scope: 3, port: 9001)
    #expect(plain == mapped)
    #expect(plain.hashValue == mapped.hashValue)
    #expect(mapped.isIPv4)
    #expect(mapped.ipv4Address == 0xC000_0207)
    #expect(mapped.scope == 0)
    #expect(try Endpoint(parsing: "[::ffff:192.0.2.7]:9001") == plain)
    #expect(try Endpoint(parsing: "[::ffff:c000:207]:9001").description == "192.0.2.7:9001")
  }

  @Test func everyPartCountsForEquality() {
    let endpoint = Endpoint(high: 1, low: 2, scope: 3, port: 4)
    #expect(endpoint != Endpoint(high: 0, low: 2, scope: 3, port: 4))
    #expect(endpoint != Endpoint(high: 1, low: 0, scope: 3, port: 4))
    #expect(endpoint != Endpoint(high: 1, low: 2, scope: 0, port: 4))
    #expect(endpoint != Endpoint(high: 1, low: 2, scope: 3, port: 0))
    #expect(endpoint.ipv4Address == nil)
  }

  @Test func isAPlainValueOf24Bytes() {
    #expect(MemoryLayout<Endpoint>.stride == 24)
  }

  @Test func wssEndpointsAreThoseOfTheContract() {
    #expect(Endpoint.wssLocal.description == "192.0.2.1:0")
    #expect(Endpoint.wssBeacon.description == "192.0.2.2:0")
  }

  @Test(arguments: [
    "0.0.0.0:0", "1.2.3.4:9001", "255.255.255.255:65535", "[::]:0", "[::1]:1", "[1::]:1", "[2001:db8::1]:9001",
    "[fe80::1%3]:9001", "[2001:db8:0:1:1:1:1:1]:5", "[2001:0:0:1::1]:5", "[2001:db8::1:0:0:1]:5", "[1:2:3:4:5:6:7:8]:5",
    "[::102:304]:5", "[fe80::%4294967295]:1", "[64:ff9b::102:304]:5", "[0:1::]:5", "[::1:0]:5",
  ])
  func canonicalTextGoesBothWays(_ text: String) throws {
    #expect(try Endpoint(parsing: text).description == text)
  }

  @Test(arguments: [
    ("[2001:DB8::1]:5", "[2001:db8::1]:5"), ("[2001:0db8:0000:0::0001]:5", "[2001:db8::1]:5"),
    ("[0:0:0:0:0:0:0:0]:5", "[::]:5"), ("[1:2:3:4:5:6:7::]:5", "[1:2:3:4:5:6:7:0]:5"),
    ("[::2:3:4:5:6:7:8]:5", "[0:2:3:4:5:6:7:8]:5"), ("[::1.2.3.4]:5", "[::102:304]:5"),
    ("[1:2:3:4:5:6:1.2.3.4]:5", "[1:2:3:4:5:6:102:304]:5"), ("[1:0:0:2:0:0:0:3]:5", "[1:0:0:2::3]:5"),
    ("[1:0:0:2:3:0:0:4]:5", "[1::2:3:0:0:4]:5"),
  ])
  func otherFormsOfIPv6AreReadAndWrittenCanonically(_ text: String, _ canonical: String) throws {
    #expect(try Endpoint(parsing: text).description == canonical)
  }

  @Test(
    arguments: [
      ("", .missingPort), ("1.2.3.4", .missingPort), ("1.2.3.4:", .missingPort), ("[::1]", .missingPort),
      ("[::1]:", .missingPort), ("[::1]9", .missingPort), ("1.2.3.4:65536", .invalidPort), ("1.2.3.4:-1", .invalidPort),
      ("1.2.3.4:+1", .invalidPort), ("1.2.3.4:080", .invalidPort), ("1.2.3.4:http", .invalidPort),
      ("[::1]:1 ", .invalidPort), ("1.2.3:4", .invalidIPv4Address), ("1.2.3.4.5:4", .invalidIPv4Address),
      ("01.2.3.4:4", .invalidIPv4Address), ("256.2.3.4:4", .invalidIPv4Address), ("1..3.4:4", .invalidIPv4Address),
      (" 1.2.3.4:4", .invalidIPv4Address), ("localhost:4", .invalidIPv4Address), (":4", .invalidIPv4Address),
      ("0x7f.0.0.1:4", .invalidIPv4Address), ("::1", .unbracketedIPv6Address), ("fe80::1:80", .unbracketedIPv6Address),
      ("[::1:80", .unclosedBracket), ("[]:1", .invalidIPv6Address), ("[1.2.3.4]:1", .invalidIPv6Address),
      ("[:1]:1", .invalidIPv6Address), ("[1:]:1", .invalidIPv6Address), ("[:::]:1", .invalidIPv6Address),
      ("[1::2::3]:1", .invalidIPv6Address), ("[1:2:3:4:5:6:7]:1", .invalidIPv6Address),
      ("[1:2:3:4:5:6:7:8:9]:1", .invalidIPv6Address), ("[1:2:3:4::5:6:7:8]:1", .invalidIPv6Address),
      ("[12345::]:1", .invalidIPv6Address), ("[g::]:1", .invalidIPv6Address), ("[::1.2.3.4:5]:1", .invalidIPv6Address),
      ("[::01.2.3.4]:1", .invalidIPv6Address), ("[fe80::1%]:1", .invalidScope), ("[fe80::1%0]:1", .invalidScope),
      ("[fe80::1%eth0]:1", .invalidScope), ("[fe80::1%4294967296]:1", .invalidScope), ("[fe80::1%03]:1", .invalidScope),
    ] as [(String, EndpointSyntaxError)])
  func malformedTextIsRefusedWithItsReason(_ text: String, _ reason: EndpointSyntaxError) {
    #expect(throws: reason) { try Endpoint(parsing: text) }
    #expect(!reason.description.isEmpty)
  }

  @Test func randomEndpointsGoBothWays() throws {
    var generator = SeededRandom(seed: 1)
    for _ in 0..<20_000 {
      // Masks make runs of zero groups common.
      let masks: [UInt64] = [.max, 0xFFFF, 0xFFFF_0000_0000_0000, 0, 0x0000_FFFF_FFFF_0000]
      let endpoint = Endpoint(
        high: generator.next() & masks[Int(generator.next() % 5)],
        low: generator.next() & masks[Int(generator.next() % 5)],
        scope: generator.next() % 3 == 0 ? UInt32.random(in: 0 ... .max, using: &generator) : 0,
        port: UInt16.random(in: 0 ... .max, using: &generator))
      #expect(try Endpoint(parsing: endpoint.description) == endpoint)
    }
  }

  @Test func agreesWithTheSystemAboutWhatIsAnIPv6Address() {
    var generator = SeededRandom(seed: 2)
    let pieces = ["::", ":", ":", ":", "0", "1", "ffff", "abcd", "00", "12345", "1.2.3.4", ".", "g", "10.0.0.01"]
    var accepted = 0
    for _ in 0..<100_000 {
      let count = Int.random(in: 1...16, using: &generator)
      let text = (0..<count).map { _ in pieces[Int(generator.next() % 14)] }.joined()
      let ours = (try? Endpoint(parsing: "[\(text)]:1")).map { [$0.high, $0.low] }
      let theirs = systemIPv6(text)
      #expect(ours == theirs, "\(text)")
      if ours != nil { accepted += 1 }
    }
    #expect(accepted > 500)
  }

  private func systemIPv6(_ text: String) -> [UInt64]? {
    var words: [UInt64] = [0, 0]
    // SAFETY: inet_pton writes the 16 bytes of an in6_addr, which is what the array holds.
    let result = unsafe words.withUnsafeMutableBytes { unsafe inet_pton(AF_INET6, text, $0.baseAddress) }
    return result == 1 ? words.map { UInt64(bigEndian: $0) } : nil
  }
}
