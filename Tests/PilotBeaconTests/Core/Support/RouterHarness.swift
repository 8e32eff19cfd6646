import PilotBeacon
import PilotTransport
import PilotWire
import Testing

/// A router with a clock that the test moves, and frames written from values. Checks conservation at each frame.
struct RouterHarness: ~Copyable {
  var router: Router
  var now: MonotonicInstant

  init(
    _ configuration: Router.Configuration = Router.Configuration(), seed: UInt64 = 7,
    startingAt now: MonotonicInstant = .start.advanced(by: .seconds(1000))
  ) {
    router = Router(configuration, seed: seed)
    self.now = now
  }

  var statistics: RouterStatistics { router.statistics }

  mutating func advance(_ duration: Duration) {
    now = now.advanced(by: duration)
  }

  mutating func frame(_ bytes: [UInt8], from origin: FrameOrigin) -> RouterAction {
    let before = router.statistics
    let action = router.on(bytes.span.raw, from: origin, at: now)
    let after = router.statistics
    if after.frames != before.frames + 1 || after.accountedFor != after.frames {
      Issue.record("counted not at all, or twice: \(bytes)")
    }
    if case .drop(let reason) = action, after.drops[reason] != before.drops[reason] + 1 {
      Issue.record("not counted as \(reason): \(bytes)")
    }
    return action
  }

  @discardableResult
  mutating func discover(
    _ node: NodeID?, from origin: FrameOrigin, ex: Bool = false, key: PublicKey? = nil
  ) -> RouterAction {
    frame(Discover(node: node, publicKey: key, wantsDestination: ex).encoded(), from: origin)
  }

  @discardableResult
  mutating func relay(_ sender: NodeID, to destination: NodeID, from origin: FrameOrigin) -> RouterAction {
    let payload: [UInt8] = [0x50, 1, 2, 3]
    let bytes = Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
    return frame(bytes, from: origin)
  }

  /// ICMP reports that nobody receives at `endpoint`, and quotes the probe for `node` that is under way.
  mutating func unreachable(_ endpoint: Endpoint, _ node: NodeID) -> DiscoverAnswer? {
    guard let probe = router.pendingProbe(node, at: now), probe.endpoint == endpoint else { return nil }
    return router.unreachable(probe, at: now)
  }

  /// Where a relay from an innocent third party to `node` goes.
  mutating func route(to node: NodeID) -> RouterAction {
    let prober = NodeID.test(0xFFFF)
    let origin = FrameOrigin.wss(ConnectionID(rawValue: .max), prober)
    _ = router.attach(node: prober, connection: ConnectionID(rawValue: .max))
    return relay(prober, to: node, from: origin)
  }

  /// Expects that `node` is reached at this endpoint.
  mutating func expectUDP(
    _ node: NodeID, at endpoint: Endpoint, ex: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let prober = NodeID.test(0xFFFF)
    let header: DeliverHeader =
      ex ? .withDestination(sender: prober, destination: node) : .short(sender: prober)
    let action = route(to: node)
    #expect(action == .deliverUDP(endpoint, header), sourceLocation: sourceLocation)
  }

  mutating func expectNowhere(_ node: NodeID, sourceLocation: SourceLocation = #_sourceLocation) {
    let action = route(to: node)
    #expect(action == .drop(.destinationUnknown), sourceLocation: sourceLocation)
  }
}

/// What `#expect` can't: take the result of a mutating call on a value that isn't copyable.
func expect<Value: Equatable>(
  _ found: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found == expected, sourceLocation: sourceLocation)
}

extension RouterAction {
  /// The plain answer to a Discover.
  static func reply(_ origin: FrameOrigin, probing node: NodeID? = nil, invites: Bool = false) -> RouterAction {
    .answer(DiscoverAnswer(to: origin, probing: node, invitesProof: invites))
  }
}

extension NodeID {
  /// A node for tests; 0 becomes node 1.
  static func test(_ number: UInt32) -> NodeID {
    NodeID(number) ?? NodeID.one
  }

  private static var one: NodeID {
    guard let node = NodeID(1) else { preconditionFailure("1 is a node ID") }
    return node
  }
}

extension Endpoint {
  /// 10.0.0.0 plus `number`.
  static func test(_ number: UInt32, port: UInt16 = 4000) -> Endpoint {
    Endpoint(ipv4Address: 0x0A00_0000 &+ number, port: port)
  }
}

extension FrameOrigin {
  static func udp(test number: UInt32) -> FrameOrigin { .udp(.test(number)) }

  static func wss(_ connection: UInt64, _ node: NodeID) -> FrameOrigin {
    .wss(ConnectionID(rawValue: connection), node)
  }
}

extension PublicKey {
  /// 32 times the same byte.
  static func test(_ byte: UInt8) throws -> PublicKey {
    try PublicKey(bytes: [UInt8](repeating: byte, count: byteCount).span.raw)
  }
}
