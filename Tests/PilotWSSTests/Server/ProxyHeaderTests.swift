import PilotTesting
import PilotWire
import Testing

@testable import PilotWSS

struct ProxyHeaderTests {
  private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

  /// IPv4: 192.0.2.1:1000 to 198.51.100.2:443, with a TLV.
  static let v4: [UInt8] =
    signature + [0x21, 0x11, 0, 16, 192, 0, 2, 1, 198, 51, 100, 2, 3, 0xE8, 1, 0xBB, 4, 0, 1, 9]
  /// IPv6: [2001:db8::1]:1000 to [2001:db8::2]:443.
  static let v6: [UInt8] =
    signature + [0x21, 0x21, 0, 36] + [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
    + [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [2] + [3, 0xE8, 1, 0xBB]
  static let texts = [
    "PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\r\n", "PROXY TCP6 2001:db8::1 2001:db8::2 1000 443\r\n",
    "PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
  ]
  static let all: [(bytes: [UInt8], client: String?)] = [
    (v4, "192.0.2.1:1000"), (v6, "[2001:db8::1]:1000"), (Array(texts[0].utf8), "192.0.2.1:1000"),
    (Array(texts[1].utf8), "[2001:db8::1]:1000"), (Array(texts[2].utf8), nil), (Array(texts[3].utf8), nil),
    (signature + [0x20, 0, 0, 0], nil), (signature + [0x20, 0x11, 0, 1, 7], nil), (signature + [0x21, 0, 0, 0], nil),
    (signature + [0x21, 0x31, 0, 2, 1, 2], nil),
  ]

  private func find(_ bytes: some Sequence<UInt8>) throws -> ProxyHeader.Finding {
    try ProxyHeader.find(in: Array(bytes).span.raw)
  }

  @Test(arguments: all.indices)
  func `a header names its client, and ends where it says`(index: Int) throws {
    let (bytes, client) = Self.all[index]
    let header = ProxyHeader(length: bytes.count, client: try client.map { try Endpoint(parsing: $0) })
    #expect(try find(bytes) == .header(header))
    #expect(try find(bytes + Array("GET / HTTP/1.1\r\n".utf8)) == .header(header))
    for length in 1..<bytes.count { #expect(try find(bytes.prefix(length)) == .incomplete) }
    #expect(try find([]) == .none)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\n", "PROX", "POST / HTTP/1.1\r\n", "\r\n\r\nX", "\u{16}\u{3}\u{1}", "PUT / HTTP/1.1",
    "proxy TCP4 ",
  ])
  func `anything else is none, as soon as it differs`(_ text: String) throws {
    #expect(try find(text.utf8) == (text == "PROX" ? .incomplete : .none))
  }

  @Test(arguments: [
    "PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 1000\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.2 1000 443 1\r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 1000 65536\r\n",
    "PROXY TCP4 192.0.2.01 198.51.100.2 1000 443\r\n", "PROXY TCP6 192.0.2.1 198.51.100.2 1000 443\r\n",
    "PROXY TCP4 2001:db8::1 2001:db8::2 1000 443\r\n", "PROXY TCP6 fe80::1%1 2001:db8::2 1000 443\r\n",
    "PROXY TCP4  192.0.2.1 198.51.100.2 1000 443\r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\n",
    "PROXY TCP4 host.example 198.51.100.2 1000 443\r\n", "PROXY UDP4 192.0.2.1 198.51.100.2 1000 443\r\n",
    "PROXY " + String(repeating: "a", count: 101),
  ])
  func `a broken text is a fault`(_ text: String) {
    #expect(throws: ProxyHeader.Fault.self) { try find(text.utf8) }
  }

  @Test func `a broken binary header is a fault, before its length is waited for`() {
    for bytes in [
      [0x11, 0x11, 0, 12], [0x31, 0x11, 0, 12], [0x22, 0x11, 0, 12], [0x21, 0x11, 0xFF, 0xFF], [0x21, 0x11, 7, 0xF1],
    ] as [[UInt8]] {
      #expect(throws: ProxyHeader.Fault.self) { try find(Self.signature + bytes) }
    }
    for bytes in [[0x21, 0x11, 0, 2, 1, 2], [0x21, 0x21, 0, 4, 1, 2, 3, 4], [0x21, 0x13, 0, 0], [0x21, 0x41, 0, 0]]
      as [[UInt8]]
    {
      #expect(throws: ProxyHeader.Fault.self) { try find(Self.signature + bytes) }
    }
  }

  @Test func `every flipped bit is another header, none, a fault, or a wait within the bound`() {
    for (bytes, _) in Self.all {
      for index in 0..<bytes.count * 8 {
        var flipped = bytes
        flipped[index / 8] ^= 1 << UInt8(index % 8)
        guard case .header(let header)? = try? find(flipped + [UInt8](repeating: 0, count: ProxyHeader.limit)) else {
          continue
        }
        #expect(header.length > 0 && header.length <= ProxyHeader.limit)
      }
    }
  }
}
