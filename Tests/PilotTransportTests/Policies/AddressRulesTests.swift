import PilotTesting
import PilotWire
import Testing

@testable import PilotTransport

struct AddressRulesTests {
  private func set(_ blocks: String) throws -> AddressSet { AddressSet(try AddressList.blocks(in: blocks)) }

  private func endpoint(_ address: String) throws -> Endpoint { try Endpoint(address: address, port: 1) }

  /// Small numbers, so that blocks overlap, touch and reach both ends.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a set has what any of its blocks has`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    func address(_ isIPv4: Bool, _ low: UInt64) -> Endpoint {
      // At either end of the space, where a sum can overflow.
      let low = Bool.random(using: &random) ? low : UInt64.max - low
      return isIPv4
        ? Endpoint(ipv4Address: UInt32(truncatingIfNeeded: low), port: 0)
        : Endpoint(high: low > 1_000 ? .max : 0, low: low, port: 0)
    }
    for _ in 0..<50 {
      var blocks: [CIDRBlock] = []
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        let isIPv4 = Bool.random(using: &random)
        let length = (isIPv4 ? 32 : 128) - Int.random(in: 0...7, using: &random)
        let base = address(isIPv4, UInt64.random(in: 0..<256, using: &random) & ~127)
        if let block = try? CIDRBlock(parsing: "\(base.addressText)/\(length)") { blocks.append(block) }
      }
      let set = AddressSet(blocks)
      #expect(set.isEmpty == blocks.isEmpty)
      for _ in 0..<200 {
        let probe = address(.random(using: &random), UInt64.random(in: 0..<400, using: &random))
        #expect(set.contains(probe) == blocks.contains { $0.contains(probe) }, "\(probe) in \(blocks)")
      }
    }
  }

  @Test func `all of IPv6 is no IPv4 address, and the other way round`() throws {
    let (six, four) = (try set("::/0"), try set("0.0.0.0/0"))
    let (sites, mapped) = (try endpoint("2001:db8::1"), try endpoint("::ffff:192.0.2.1"))
    #expect(six.contains(sites) && !six.contains(mapped))
    #expect(four.contains(mapped) && !four.contains(sites))
  }

  @Test func `who is denied may not speak, even if allowed`() throws {
    var rules = AddressRules()
    func admitted(_ addresses: String...) throws -> [Bool] { try addresses.map { rules.admits(try endpoint($0)) } }
    #expect(rules.admitsAll)
    #expect(try admitted("192.0.2.1") == [true])
    rules.allowed = try set("192.0.2.0/24 2001:db8::/32")
    rules.denied = try set("192.0.2.7")
    #expect(!rules.admitsAll)
    #expect(try admitted("192.0.2.6", "2001:db8::1", "192.0.2.7", "198.51.100.1") == [true, true, false, false])
    rules.allowed = AddressSet()
    #expect(try admitted("192.0.2.6") == [false])
  }

  @Test func `a change of the rules is seen`() throws {
    let policy = AddressPolicy()
    let before = policy.version
    var rules = AddressRules()
    rules.denied = try set("192.0.2.7")
    policy.replace(with: rules)
    #expect(policy.version != before && policy.rules == rules)
  }

  @Test func `a list has commas, blanks, lines and remarks`() throws {
    let text = "\u{FEFF}# offices\r\n192.0.2.0/24, 192.0.2.7 # and\t2001:db8::/32\r\n\r\n\t::1\n10.0.0.0/8"
    let blocks = try AddressList.blocks(in: text)
    #expect(blocks.map(\.description) == ["192.0.2.0/24", "192.0.2.7/32", "::1/128", "10.0.0.0/8"])
    #expect(try AddressList.blocks(in: "").isEmpty)
  }

  @Test func `a bad entry refuses the list, with its line`() throws {
    #expect(throws: AddressList.Problem.self) { try AddressList.blocks(in: "192.0.2.0/24;192.0.3.0/24") }
    do {
      _ = try AddressList.blocks(in: "10.0.0.0/8\n# 1\n10.0.0.0/33")
      Issue.record("it was taken")
    } catch {
      #expect(error.line == 3 && error.description.hasPrefix("line 3: "))
    }
    let long = String(repeating: "::1\n", count: AddressList.limit + 1)
    #expect(throws: AddressList.Problem.self) { try AddressList.blocks(in: long) }
  }

  @Test func `a source is an IPv4 address, or a site's IPv6 addresses`() throws {
    func source(_ address: String, port: UInt16 = 9) throws -> SourceKey {
      SourceKey(ofConnectionsFrom: try Endpoint(address: address, port: port))
    }
    let (four, site) = (try source("192.0.2.1"), try source("2001:db8::1"))
    #expect(four == (try source("::ffff:192.0.2.1")))
    #expect(four != (try source("192.0.2.2")))
    #expect(site == (try source("2001:db8::ffff:1")))
    #expect(site.keyedHash == (try source("2001:db8::ffff:1")).keyedHash)
    #expect(site != (try source("2001:db8:0:1::1")))
    let (loopback, any) = (try source("::1"), try source("0.0.0.0"))
    #expect(loopback != any)
    #expect(try source("127.0.0.1") == source("127.0.0.1", port: 10))
  }
}
