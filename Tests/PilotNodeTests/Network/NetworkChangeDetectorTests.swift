import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

@Suite struct NetworkChangeDetectorTests {
  static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  static let own = Endpoint(ipv4: 192, 0, 2, 7, port: 0)
  static let other = Endpoint(ipv4: 198, 51, 100, 7, port: 0)
  static let route = DefaultRoute(isIPv4: true, interface: 2, gateway: Endpoint(ipv4: 192, 0, 2, 1, port: 0))
  static let elsewhere = DefaultRoute(isIPv4: true, interface: 3, gateway: Endpoint(ipv4: 198, 51, 100, 1, port: 0))

  /// Loopback, Ethernet with the default route, Wi-Fi without anything yet, and a bridge of containers.
  static let atHome: [NetworkNews] = [
    .link(1, isRunning: true, isLoopback: true), .link(2, isRunning: true, isLoopback: false),
    .link(3, isRunning: false, isLoopback: false), .link(4, isRunning: true, isLoopback: false),
    .address(own, on: 2), .address(Endpoint(ipv4: 172, 17, 0, 1, port: 0), on: 4), .route(route),
  ]

  private static func view(_ news: [NetworkNews]) -> NetworkView {
    var view = NetworkView()
    for one in news { view.take(one) }
    return view
  }

  private static func at(_ milliseconds: Int) -> MonotonicInstant { start.advanced(by: .milliseconds(milliseconds)) }

  private var detector = NetworkChangeDetector(Self.view(Self.atHome))

  @Test mutating func `what there is already is no news`() {
    for news in Self.atHome { detector.on(news, at: Self.start) }
    detector.on(.routeGone(Self.elsewhere), at: Self.start)
    detector.on(.addressGone(Self.other, on: 2), at: Self.start)
    #expect(detector.deadline == nil)
    #expect(detector.isDue(at: Self.at(1_000)) == false)
  }

  @Test mutating func `containers come and go unnoticed`() {
    let container = Endpoint(ipv4: 172, 17, 0, 9, port: 0)
    let news: [NetworkNews] = [
      .link(77, isRunning: true, isLoopback: false), .address(container, on: 77), .address(container, on: 4),
      .link(4, isRunning: false, isLoopback: false), .addressGone(container, on: 77), .linkGone(77), .linkGone(4),
      .link(3, isRunning: true, isLoopback: false),
    ]
    for one in news {
      detector.on(one, at: Self.start)
      #expect(detector.deadline == nil, "\(one)")
    }
  }

  @Test(
    arguments: [
      (.link(2, isRunning: false, isLoopback: false), .links), (.linkGone(2), .links),
      (.address(other, on: 2), .addresses),
      (.addressGone(own, on: 2), .addresses), (.route(elsewhere), .defaultRoute), (.routeGone(route), .defaultRoute),
    ] as [(NetworkNews, NetworkChange)])
  mutating func `what concerns the default route is told after a tenth of a second`(
    _ news: NetworkNews, _ change: NetworkChange
  ) {
    detector.on(news, at: Self.start)
    #expect(detector.deadline == Self.at(100))
    #expect(detector.isDue(at: Self.at(99)) == false)
    #expect(detector.isDue(at: Self.at(100)) == true)
    // It was undone meanwhile, and is told all the same.
    #expect(detector.surveyed(Self.view(Self.atHome)) == change)
    #expect(detector.deadline == nil)
  }

  @Test mutating func `one interface down and another one up is one change`() {
    detector.on(.link(2, isRunning: false, isLoopback: false), at: Self.start)
    detector.on(.link(3, isRunning: true, isLoopback: false), at: Self.at(40))
    detector.on(.route(Self.elsewhere), at: Self.at(60))
    #expect(detector.deadline == Self.at(160))
    #expect(detector.isDue(at: Self.at(160)) == true)
    // The kernel has taken the first route away without a word.
    let now = Self.view([
      .link(1, isRunning: true, isLoopback: true), .link(2, isRunning: false, isLoopback: false),
      .link(3, isRunning: true, isLoopback: false), .address(Self.own, on: 2), .address(Self.other, on: 3),
      .route(Self.elsewhere),
    ])
    #expect(detector.surveyed(now) == [.defaultRoute, .links, .addresses])
    #expect(detector.view == now)
    // Both interfaces count from now on: the one has the route, the other had it.
    detector.on(.link(2, isRunning: true, isLoopback: false), at: Self.at(5_000))
    #expect(detector.deadline == Self.at(5_100))
  }

  @Test mutating func `who goes on for long is told of in between`() {
    var now = 0
    while now < 240 {
      detector.on(.routeGone(Self.route), at: Self.at(now))
      #expect(detector.isDue(at: Self.at(now)) == false)
      now += 30
    }
    #expect(detector.deadline == Self.at(250))
    #expect(detector.isDue(at: Self.at(250)) == true)
  }

  @Test mutating func `what nobody has read may have been anything`() {
    detector.missed(at: Self.start)
    #expect(detector.isDue(at: Self.at(100)) == true)
    #expect(detector.surveyed(Self.view(Self.atHome)) == .missed)
    detector.on(.routeGone(Self.route), at: Self.at(1_000))
    #expect(detector.isDue(at: Self.at(1_100)) == true)
    #expect(detector.surveyed(nil) == [.defaultRoute, .missed])
    #expect(detector.view == Self.view(Self.atHome))
  }

  @Test mutating func `a network that flaps is surveyed once a second`() {
    var surveys = 0
    for tick in 0..<6_000 {
      let now = Self.at(tick * 10)
      detector.on(.routeGone(Self.route), at: now)
      if detector.isDue(at: now) {
        surveys += 1
        _ = detector.surveyed(Self.view(Self.atHome))
      }
      if let deadline = detector.deadline { #expect(deadline > now) }
    }
    #expect((60...68).contains(surveys))
  }

  @Test func `where there is no default route, each interface counts`() {
    var detector = NetworkChangeDetector(
      Self.view([.link(1, isRunning: true, isLoopback: true), .link(2, isRunning: true, isLoopback: false)]))
    detector.on(.address(Self.own, on: 1), at: Self.start)
    detector.on(.link(1, isRunning: false, isLoopback: true), at: Self.start)
    #expect(detector.deadline == nil)
    detector.on(.address(Self.own, on: 2), at: Self.start)
    #expect(detector.deadline == Self.at(100))
  }

  @Test func `a view is bounded`() {
    var view = NetworkView()
    for index in 0..<10_000 as Range<UInt32> {
      view.take(.link(index, isRunning: true, isLoopback: false))
      view.take(.address(Endpoint(ipv4Address: index, port: 0), on: 2))
      view.take(.route(DefaultRoute(isIPv4: true, interface: index)))
    }
    #expect(view.interfaces.count == NetworkView.interfaceCapacity)
    #expect(view.interfaces[2]?.addresses.count == NetworkView.addressCapacity)
    #expect(view.routes.count == NetworkView.routeCapacity)
  }
}
