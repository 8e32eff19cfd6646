import PilotBeacon
import PilotTransport
import PilotWire

extension HotPath {
  static let router: [HotPath] = [
    HotPath("router-relay-1000") { count, stopwatch in try routerRelay(nodes: 1_000, count, &stopwatch) },
    HotPath("router-relay-500000") { count, stopwatch in try routerRelay(nodes: 500_000, count, &stopwatch) },
    HotPath("router-discover") { count, stopwatch in try routerDiscover(nodes: 1_000, count, &stopwatch) },
  ]

  /// How many different frames are relayed: enough for a large table not to stay in a cache.
  private static let relays = 16_384

  /// Each node is a source of its own.
  private static func endpoint(of number: Int) -> Endpoint {
    Endpoint(ipv4Address: 0x0A00_0001 + UInt32(number), port: 4_000)
  }

  /// A router that nodes are registered with, and that has heard from each that it receives there.
  private static func router(of nodes: [NodeID]) throws -> Router {
    var configuration = RouterConfiguration()
    configuration.advertised = [Endpoint(ipv4: 192, 0, 2, 1, port: 9_001)]
    var router = Router(configuration, seed: 1)
    let sign = Punch().encoded()
    for (number, node) in nodes.enumerated() {
      let frame = Discover(node: node).encoded()
      let action = router.on(frame.span.raw, from: .udp(endpoint(of: number)), at: .start)
      guard case .taken = action, router.nextOutput() != nil else { throw UnexpectedResult(what: "\(action)") }
      while router.nextOutput() != nil {}
      _ = router.on(sign.span.raw, from: .udp(endpoint(of: number)), at: .start)
    }
    guard router.statistics.nodes == nodes.count else { throw UnexpectedResult(what: "nodes") }
    return router
  }

  private static func routerRelay(nodes count: Int, _ operations: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let nodes = try Samples.nodes(count)
    var router = try router(of: nodes)
    let senders = (0..<relays).map { ($0 &* 7_919) % count }
    let payload = [UInt8](repeating: 7, count: 64)
    let frames = Samples(
      senders.map { sender in
        let destination = nodes[(sender &+ count / 2) % count]
        return Relay(sender: nodes[sender], destination: destination, payload: payload.span.raw).encoded()
      })
    let sources = senders.map { FrameOrigin.udp(endpoint(of: $0)) }
    var delivered: UInt64 = 0
    stopwatch.start()
    for index in 0..<operations {
      let action = router.on(frames.bytes(at: index), from: sources[index % relays], at: .start)
      if case .deliver(.udp, _) = action { delivered &+= 1 }
    }
    stopwatch.stop()
    guard delivered == operations else { throw UnexpectedResult(what: "\(delivered) deliveries") }
    return delivered
  }

  private static func routerDiscover(
    nodes count: Int, _ operations: Int, _ stopwatch: inout Stopwatch
  ) throws -> UInt64 {
    let nodes = try Samples.nodes(count)
    var router = try router(of: nodes)
    let frames = Samples(nodes.map { Discover(node: $0).encoded() })
    let sources = nodes.indices.map { FrameOrigin.udp(endpoint(of: $0)) }
    var answered: UInt64 = 0
    stopwatch.start()
    for index in 0..<operations {
      let action = router.on(frames.bytes(at: index), from: sources[index % count], at: .start)
      if case .taken = action, router.nextOutput() != nil { answered &+= 1 }
    }
    stopwatch.stop()
    guard answered == operations else { throw UnexpectedResult(what: "\(answered) answers") }
    return answered
  }
}
