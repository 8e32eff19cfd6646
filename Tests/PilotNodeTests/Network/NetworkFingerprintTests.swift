import PilotWire
import Testing

@testable import PilotNode

@Suite struct NetworkFingerprintTests {
  static let gateway = Endpoint(ipv4: 192, 168, 1, 1, port: 0)

  private static func view(
    gateway: Endpoint? = gateway, interface: UInt32 = 2, link: [UInt8]? = [2, 0, 0, 0, 0, 1]
  ) -> NetworkView {
    var view = NetworkView()
    view.take(.route(DefaultRoute(isIPv4: true, interface: interface, gateway: gateway)))
    if let gateway, let link { view.take(.neighbour(gateway, link)) }
    return view
  }

  @Test func `the same network has the same fingerprint, on whatever interface`() {
    let first = NetworkFingerprint(Self.view(), resolvers: ["192.168.1.1", "9.9.9.9"])
    var moved = Self.view(interface: 7)
    moved.take(.address(Endpoint(ipv4: 192, 168, 1, 77, port: 0), on: 7))
    moved.take(.neighbour(Endpoint(ipv4: 192, 168, 1, 50, port: 0), [9]))
    #expect(NetworkFingerprint(moved, resolvers: ["9.9.9.9", "192.168.1.1"]) == first)
    #expect(first.isComplete)
    // It is kept from run to run.
    #expect(first.description == "3985f5b67a2668ba")
  }

  @Test func `another gateway, router or resolver is another network`() {
    let all = [
      NetworkFingerprint(Self.view(), resolvers: ["192.168.1.1"]),
      NetworkFingerprint(Self.view(), resolvers: ["192.168.1.2"]),
      NetworkFingerprint(Self.view(), resolvers: []),
      NetworkFingerprint(Self.view(link: [2, 0, 0, 0, 0, 2]), resolvers: ["192.168.1.1"]),
      NetworkFingerprint(Self.view(link: nil), resolvers: ["192.168.1.1"]),
      NetworkFingerprint(Self.view(gateway: Endpoint(ipv4: 192, 168, 2, 1, port: 0)), resolvers: ["192.168.1.1"]),
      NetworkFingerprint(Self.view(gateway: nil), resolvers: ["192.168.1.1"]),
      NetworkFingerprint(NetworkView(), resolvers: ["192.168.1.1"]),
    ]
    #expect(Set(all.map(\.key)).count == all.count)
    #expect(all.map(\.isComplete) == [true, true, true, true, false, true, true, true])
  }

  @Test func `one that lacks a link-layer address is completed by one that has it`() {
    let incomplete = NetworkFingerprint(Self.view(link: nil), resolvers: ["192.168.1.1"])
    let complete = NetworkFingerprint(Self.view(), resolvers: ["192.168.1.1"])
    #expect(complete.completes(incomplete))
    #expect(!incomplete.completes(complete), "it can't be told from another house's")
    #expect(!NetworkFingerprint(Self.view(), resolvers: ["192.168.1.2"]).completes(incomplete))
    let other = Endpoint(ipv4: 192, 168, 2, 1, port: 0)
    #expect(!NetworkFingerprint(Self.view(gateway: other), resolvers: ["192.168.1.1"]).completes(incomplete))
  }

  @Test func `resolvers are read as the C library reads them`() {
    let text = """
      # nameserver 1.1.1.1
      search example.com
      nameserver 192.0.2.53
      nameserver\t2001:db8::53   # a comment
      nameserver
      options edns0
       nameserver fe80::1%eth0
      """
    #expect(Resolvers.parse(text) == ["192.0.2.53", "2001:db8::53", "fe80::1%eth0"])
    #expect(Resolvers.parse(String(repeating: "nameserver 192.0.2.1\n", count: 100)).count == Resolvers.capacity)
    #expect(Resolvers.parse("").isEmpty)
  }
}
