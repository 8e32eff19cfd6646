import NIOHTTP1
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

struct ForwardedClientTests {
  private func client(_ fields: (String, String)...) throws -> String? {
    let proxies = AddressSet(try AddressList.blocks(in: "10.0.0.0/8 ::1"))
    return ForwardedClient.client(of: HTTPHeaders(fields), isTrusted: proxies.contains)?.description
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1:0"), ("192.0.2.1:8080", "192.0.2.1:8080"), ("2001:db8::1", "[2001:db8::1]:0"),
    ("[2001:db8::1]", "[2001:db8::1]:0"), ("[2001:db8::1]:443", "[2001:db8::1]:443"),
    ("::ffff:192.0.2.1", "192.0.2.1:0"),
    ("198.51.100.7, 192.0.2.1", "192.0.2.1:0"), ("192.0.2.1, 10.0.0.1,10.9.9.9", "192.0.2.1:0"),
    ("198.51.100.7,192.0.2.1 ,\t::1", "192.0.2.1:0"), ("10.0.0.1", "10.0.0.1:0"), ("10.0.0.1, 10.0.0.2", "10.0.0.1:0"),
  ])
  func `the last that isn't a trusted proxy is the client`(_ value: String, _ expected: String) throws {
    #expect(try client(("X-Forwarded-For", value)) == expected)
  }

  @Test(arguments: ["", "unknown", "192.0.2.1, unknown", "_hidden", "host.example", "fe80::1%2", "1.2.3.4.5"])
  func `what is no address names nobody`(_ value: String) throws {
    #expect(try client(("X-Forwarded-For", value)) == nil)
  }

  @Test func `fields on several lines are one list`() throws {
    #expect(try client(("X-Forwarded-For", "198.51.100.7"), ("x-forwarded-for", "192.0.2.1")) == "192.0.2.1:0")
    #expect(try client(("Host", "b")) == nil)
  }

  @Test(
    arguments: [
      ("for=192.0.2.1", "192.0.2.1:0"), ("proto=https; For = \"[2001:db8::1]:443\";by=10.0.0.1", "[2001:db8::1]:443"),
      ("for=198.51.100.7, for=192.0.2.1;proto=http, for=10.0.0.1", "192.0.2.1:0"),
      ("for=\"192.0.2.1:80\";host=\"a,b\"", "192.0.2.1:80"), ("for=198.51.100.7, proto=http", nil),
      ("for=unknown", nil),
      ("for=\"", nil),
    ] as [(String, String?)])
  func `Forwarded says the same`(_ value: String, _ expected: String?) throws {
    #expect(try client(("Forwarded", value)) == expected)
  }

  @Test func `a client can't name itself in the one field where its proxy writes the other`() throws {
    #expect(try client(("Forwarded", "for=198.51.100.7"), ("X-Forwarded-For", "192.0.2.1")) == "192.0.2.1:0")
  }
}
