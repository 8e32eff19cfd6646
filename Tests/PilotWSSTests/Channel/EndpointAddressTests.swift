import NIOCore
import PilotWire
import Testing

@testable import PilotWSS

struct EndpointAddressTests {
  @Test(arguments: [
    "192.0.2.7:443", "0.0.0.0:0", "255.255.255.255:65535", "[2001:db8::1:2]:9443", "[::1]:1",
    "[102:304:506:708:90a:b0c:d0e:f10]:258",
  ])
  func `an address is the same in both worlds`(text: String) throws {
    let endpoint = try Endpoint(parsing: text)
    #expect(Endpoint(address: try SocketAddress(endpoint: endpoint)) == endpoint)
  }

  @Test func `a mapped address is the IPv4 one, and a path is none`() throws {
    let mapped = try SocketAddress(ipAddress: "::ffff:192.0.2.7", port: 1)
    #expect(Endpoint(address: mapped) == Endpoint(ipv4: 192, 0, 2, 7, port: 1))
    #expect(Endpoint(address: try SocketAddress(unixDomainSocketPath: "/tmp/socket")) == nil)
  }
}
