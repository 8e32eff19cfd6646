import PilotBeacon
import PilotTransport
import PilotWire

/// What a program's first byte chooses: how the beacon is set up. Small bounds, so that short programs reach them.
struct FuzzedWorld {
  static let nodeCapacity = 8
  static let nodesPerSource = 3
  static let relayRate = 100
  static let discoversPerSource = 50
  static let greetingsPerAddress = 2
  static let wssConnections = 3

  /// What questions to nodes name: the beacon's own addresses.
  static let advertised = [
    Endpoint(ipv4: 192, 0, 2, 1, port: 9_001), Endpoint(high: 0x2001_0DB8_FFFF_0000, low: 1, port: 9_001),
  ]

  /// Where datagrams come from: two addresses with two ports each, one of them also in its mapped form; four hosts of one IPv6
  /// site and one of another; a link's; and the machine itself. The last one is port 0, which nothing can be sent to.
  static let sources: [Endpoint] = [
    Endpoint(ipv4: 198, 51, 100, 1, port: 4_000), Endpoint(ipv4: 198, 51, 100, 1, port: 4_001),
    Endpoint(high: 0, low: 0xFFFF_C633_6401, port: 4_000), Endpoint(ipv4: 198, 51, 100, 2, port: 4_000),
    Endpoint(ipv4: 198, 51, 100, 2, port: 4_001), Endpoint(ipv4: 203, 0, 113, 3, port: 4_000),
    site(1, host: 1), site(1, host: 2), site(1, host: 3), site(1, host: 4), site(2, host: 1),
    Endpoint(high: 0xFE80_0000_0000_0000, low: 7, scope: 3, port: 4_000), .loopback(port: 4_000),
    .loopback(port: 4_001), Endpoint(ipv4: 198, 51, 100, 9, port: 0),
  ]

  private static func site(_ number: UInt64, host: UInt64) -> Endpoint {
    Endpoint(high: 0x2001_0DB8_0000_0000 | number, low: host, port: 4_000)
  }

  let configuration: RouterConfiguration

  init(_ choice: UInt8) {
    var configuration = RouterConfiguration()
    configuration.nodeCapacity = Self.nodeCapacity
    configuration.nodesPerSource = Self.nodesPerSource
    configuration.relayRate = Self.relayRate
    configuration.discoversPerSource = Self.discoversPerSource
    configuration.greetingsPerAddress = Self.greetingsPerAddress
    configuration.udpAuthentication = [.prefer, .off, .require, .prefer][Int(choice & 3)]
    configuration.servesListedNodesOnly = choice & 4 != 0
    configuration.requiresPunchGrant = choice & 8 != 0
    configuration.advertised = choice & 16 == 0 ? Self.advertised : []
    self.configuration = configuration
  }
}
