import PilotWire
import Testing

struct CIDRBlockTests {
  @Test(arguments: [
    ("192.0.2.0/24", "192.0.2.0/24"), ("192.0.2.7", "192.0.2.7/32"), ("0.0.0.0/0", "0.0.0.0/0"),
    ("2001:db8::/32", "2001:db8::/32"), ("::1", "::1/128"), ("::/0", "::/0"), ("fe80::/10", "fe80::/10"),
    ("2001:db8:0:0:1::/80", "2001:db8:0:0:1::/80"), ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
    ("::ffff:192.0.2.1", "192.0.2.1/32"), ("128.0.0.0/1", "128.0.0.0/1"),
  ])
  func `a block reads and is written`(_ text: String, _ canonical: String) throws {
    #expect(try CIDRBlock(parsing: text).description == canonical)
  }

  @Test(arguments: [
    "", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/08", "192.0.2.0/24/24",
    "192.0.2/24",
    "host.example", "host.example/8", "::/129", "[::1]", "[::1]/128", "fe80::1%3", "fe80::1%3/128", "192.0.2.1:80", "1",
    "::ffff:0.0.0.0/95", "192.0.2.0 /24", "010.0.0.0/8",
  ])
  func `what is no block is refused`(_ text: String) {
    #expect(throws: CIDRBlock.SyntaxError.self) { try CIDRBlock(parsing: text) }
  }

  @Test(arguments: [
    ("192.0.2.1/24", "192.0.2.0/24"), ("10.1.2.3/0", "0.0.0.0/0"), ("2001:db8::1/64", "2001:db8::/64"),
    ("2001:db8::1/127", "2001:db8::/127"), ("::1/0", "::/0"),
  ])
  func `bits behind the prefix are refused, and the block that was meant is named`(_ text: String, _ meant: String) {
    do {
      _ = try CIDRBlock(parsing: text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.description.contains(meant))
    }
  }

  @Test(arguments: [
    ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.0/24", "::1", false),
    ("0.0.0.0/0", "255.255.255.255", true), ("::/0", "192.0.2.1", false), ("::/0", "ff02::1", true),
    ("2001:db8::/63", "2001:db8:0:1::1", true), ("2001:db8::/63", "2001:db8:0:2::1", false),
    ("2001:db8::8/125", "2001:db8::f", true), ("2001:db8::8/125", "2001:db8::10", false),
    ("192.0.2.1", "::ffff:192.0.2.1", true),
  ])
  func `an address is in a block, whatever its port`(_ block: String, _ address: String, _ isIn: Bool) throws {
    #expect(try CIDRBlock(parsing: block).contains(Endpoint(address: address, port: 7)) == isIn)
  }
}
