import PilotTesting
import PilotWire
import Testing

@testable import PilotNode

@Suite struct RouteMessagesTests {
  static let gateway = Endpoint(ipv4: 192, 0, 2, 1, port: 0)
  static let gatewayBytes: [UInt8] = [192, 0, 2, 1]
  static let ipv6Bytes: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
  static let ipv6 = Endpoint(high: 0x2001_0DB8 << 32, low: 1, port: 0)

  private func news(_ bytes: [UInt8]) -> [NetworkNews] {
    var all: [NetworkNews] = []
    RouteMessages.read(bytes.span.raw) { all.append($0) }
    return all
  }

  @Test func `links are up when they are switched on and carry something`() {
    #expect(news(RouteMessage.link(7, flags: 0x41)) == [.link(7, isRunning: true, isLoopback: false)])
    #expect(news(RouteMessage.link(7, flags: 0x01)) == [.link(7, isRunning: false, isLoopback: false)])
    #expect(news(RouteMessage.link(1, flags: 0x49)) == [.link(1, isRunning: true, isLoopback: true)])
    #expect(news(RouteMessage.link(7, flags: 0x41, type: 17)) == [.linkGone(7)])
  }

  @Test func `an interface that leaves a bridge is still there`() {
    #expect(news(RouteMessage.link(7, flags: 0x41, family: 7, type: 17)).isEmpty)
  }

  @Test func `addresses count when packets can leave from them`() {
    #expect(news(RouteMessage.address([192, 0, 2, 1], on: 3)) == [.address(Self.gateway, on: 3)])
    #expect(news(RouteMessage.address(Self.ipv6Bytes, on: 3)) == [.address(Self.ipv6, on: 3)])
    #expect(news(RouteMessage.address(Self.ipv6Bytes, on: 3, flags: 0x40)) == [.addressGone(Self.ipv6, on: 3)])
    let failed = RouteMessage.attribute(8, UInt32(0x8))
    #expect(news(RouteMessage.address(Self.ipv6Bytes, on: 3, extra: failed)) == [.addressGone(Self.ipv6, on: 3)])
    #expect(news(RouteMessage.address(Self.ipv6Bytes, on: 3, scope: 253)).isEmpty)
    #expect(news(RouteMessage.address([192, 0, 2, 1], on: 3, type: 21)) == [.addressGone(Self.gateway, on: 3)])
    // A tunnel's other end comes first, its own address is another attribute.
    let own = RouteMessage.attribute(2, [192, 0, 2, 1])
    #expect(news(RouteMessage.address([10, 0, 0, 1], on: 3, extra: own)) == [.address(Self.gateway, on: 3)])
  }

  @Test func `a default route has a gateway, an interface and a metric`() {
    let attributes =
      RouteMessage.attribute(15, UInt32(254)) + RouteMessage.attribute(4, UInt32(2))
      + RouteMessage.attribute(5, Self.gatewayBytes) + RouteMessage.attribute(6, UInt32(100))
    let route = DefaultRoute(isIPv4: true, metric: 100, interface: 2, gateway: Self.gateway)
    #expect(news(RouteMessage.route(attributes)) == [.route(route)])
    #expect(news(RouteMessage.route(type: 25, attributes)) == [.routeGone(route)])
    #expect(news(RouteMessage.route(flags: 0x10, attributes)) == [.routeGone(route)])
    #expect(news(RouteMessage.route(flags: 0x200, attributes)).isEmpty)
    #expect(news(RouteMessage.route(kind: 7, attributes)).isEmpty)
    #expect(news(RouteMessage.route(length: 24, attributes)).isEmpty)
    #expect(news(RouteMessage.route(family: 7, attributes)).isEmpty)
  }

  @Test func `halves of everything are default routes, as VPNs make them`() {
    let upper = RouteMessage.attribute(1, [128, 0, 0, 0]) + RouteMessage.attribute(4, UInt32(9))
    let route = DefaultRoute(isIPv4: true, prefix: 128, length: 1, interface: 9)
    #expect(news(RouteMessage.route(length: 1, upper)) == [.route(route)])
    #expect(news(RouteMessage.route(length: 2, upper)).isEmpty)
    let global =
      RouteMessage.attribute(1, [0x20] + Array(repeating: 0, count: 15)) + RouteMessage.attribute(4, UInt32(9))
    let wide = DefaultRoute(isIPv4: false, prefix: 0x20, length: 3, interface: 9)
    #expect(news(RouteMessage.route(family: 10, length: 3, global)) == [.route(wide)])
  }

  @Test func `each hop of a route over several is one`() {
    let hop: (UInt32, UInt8, [UInt8]) -> [UInt8] = { index, flags, attributes in
      RouteMessage.bytes(UInt16(8 + attributes.count)) + [flags, 0] + RouteMessage.bytes(index) + attributes
    }
    let via = RouteMessage.attribute(18, RouteMessage.bytes(UInt16(10)) + Self.ipv6Bytes)
    let hops = hop(2, 0, RouteMessage.attribute(5, Self.gatewayBytes)) + hop(3, 1, via)
    #expect(
      news(RouteMessage.route(RouteMessage.attribute(9, hops))) == [
        .route(DefaultRoute(isIPv4: true, interface: 2, gateway: Self.gateway)),
        .routeGone(DefaultRoute(isIPv4: true, interface: 3, gateway: Self.ipv6)),
      ])
    let many = RouteMessage.attribute(9, (0..<1_000).flatMap { hop($0, 0, []) })
    #expect(news(RouteMessage.route(many)).count == 32)
  }

  @Test func `answers end, are refused, or contradict themselves`() {
    #expect(news(RouteMessage.make(type: 3, [0, 0, 0, 0])) == [.end])
    #expect(news(RouteMessage.make(type: 2, [0, 0, 0, 0])) == [.refused])
    #expect(news(RouteMessage.make(type: 3, flags: 0x12, [0, 0, 0, 0])) == [.inconsistent, .end])
  }

  @Test func `a neighbour without a link-layer address is none`() {
    let head: [UInt8] = [2, 0, 0, 0] + RouteMessage.bytes(UInt32(2)) + [2, 0, 0, 1]
    let address = RouteMessage.attribute(1, Self.gatewayBytes)
    let link = RouteMessage.attribute(2, [2, 0, 0, 0, 0, 9])
    #expect(news(RouteMessage.make(type: 28, head + address + link)) == [.neighbour(Self.gateway, [2, 0, 0, 0, 0, 9])])
    #expect(news(RouteMessage.make(type: 28, head + address)).isEmpty)
  }

  @Test func `messages come one behind the other, and what is cut off ends them`() {
    let one = RouteMessage.address([192, 0, 2, 1], on: 3)
    let two = RouteMessage.link(7, flags: 0x41)
    let both: [NetworkNews] = [.address(Self.gateway, on: 3), .link(7, isRunning: true, isLoopback: false)]
    #expect(news(one + two) == both)
    for count in 0..<(one + two).count {
      let found = news(Array((one + two).prefix(count)))
      #expect(found == Array(both.prefix(found.count)), "\(count) bytes")
      #expect(found.count < 2)
    }
  }

  @Test(arguments: Seeds.all)
  func `no bytes whatever trap`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let samples = [
      RouteMessage.address(Self.ipv6Bytes, on: 3), RouteMessage.link(7, flags: 0x41),
      RouteMessage.route(RouteMessage.attribute(9, RouteMessage.bytes(UInt16(8)) + [0, 0, 1, 0, 0, 0])),
      RouteMessage.route(RouteMessage.attribute(18, [10, 0, 1]) + RouteMessage.attribute(5, Self.gatewayBytes)),
      RouteMessage.make(type: 28, Array(repeating: 0, count: 12) + RouteMessage.attribute(2, [1])),
    ]
    for _ in 0..<500 {
      var bytes = samples.flatMap { random.chance(0.3) ? [] : $0 }
      for _ in 0..<Int.random(in: 0..<6, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &random)
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
      let kept = Int.random(in: 0...bytes.count, using: &random)
      #expect(news(Array(bytes.prefix(kept))).count <= bytes.count)
    }
  }
}
