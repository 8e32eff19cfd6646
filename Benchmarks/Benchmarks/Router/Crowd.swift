import PilotBeacon
import PilotTransport
import PilotWire

/// Many nodes, and frames from one to another in no order.
struct Crowd: Sendable {
  let nodes: [NodeID]
  /// A Discover of each node.
  let discovers: [[UInt8]]
  /// Relay frames, fewer than there are pairs: enough for a large table not to stay in a cache.
  let relays: [[UInt8]]
  /// Where each relay frame comes from.
  let sources: [FrameOrigin]

  private static let relayCount = 16_384

  init(_ count: Int) {
    // An odd factor takes different numbers to different numbers, and only 0 to 0.
    let nodes = (1...count).compactMap { NodeID(UInt32($0) &* 2_654_435_761) }
    self.nodes = nodes
    discovers = nodes.map { Discover(node: $0).encoded() }
    let senders = (0..<Self.relayCount).map { ($0 &* 7_919) % count }
    let payload = [UInt8](repeating: 7, count: 64)
    relays = senders.map { sender in
      let destination = nodes[(sender + count / 2) % count]
      return Relay(sender: nodes[sender], destination: destination, payload: payload.span.bytes).encoded()
    }
    sources = senders.map(Self.origin)
  }

  func origin(of number: Int) -> FrameOrigin { Self.origin(number) }

  private static func origin(_ number: Int) -> FrameOrigin {
    .udp(Endpoint(ipv4Address: 0x7F00_0001 + UInt32(number >> 15), port: UInt16(1_024 + number & 0x7FFF)))
  }

  /// A router that knows them all.
  func registered() -> Router {
    var router = Router(seed: 1)
    for number in nodes.indices {
      let frame = discovers[number]
      _ = router.on(frame.span.bytes, from: origin(of: number), at: .start)
    }
    precondition(router.statistics.nodes == nodes.count)
    return router
  }
}
