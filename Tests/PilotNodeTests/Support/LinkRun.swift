import PilotIdentity
import PilotNode
import PilotTransport
import PilotWire

/// A link with a clock that a test moves, and nobody who performs its outputs.
struct LinkRun {
  static let node = node(7)
  static let peer = node(8)
  static let beacon = Endpoint(ipv4: 192, 0, 2, 1, port: 9000)
  static let second = Endpoint(ipv4: 192, 0, 2, 2, port: 9000)
  static let stranger = Endpoint(ipv4: 203, 0, 113, 9, port: 4000)
  static let seen = Endpoint(ipv4: 198, 51, 100, 7, port: 5000)
  static let elsewhere = Endpoint(ipv4: 198, 51, 100, 8, port: 5001)
  static let token = ProbeToken(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718)

  private(set) var link: BeaconLink
  private(set) var now = MonotonicInstant.start

  init(
    _ target: BeaconLink.Target = .datagrams(beacon: Self.beacon), _ times: BeaconLink.Configuration = .init(),
    isNamed: Bool = false
  ) {
    link = BeaconLink(node: Self.node, to: target, isNamed: isNamed, token: Self.token, times, at: .start)
  }

  static func node(_ number: UInt32) -> NodeID {
    guard let node = NodeID(number) else { preconditionFailure("node 0") }
    return node
  }

  var state: NodeState { link.state }

  /// What is to be done now.
  mutating func outputs() -> [BeaconLink.Output] {
    var outputs: [BeaconLink.Output] = []
    while let output = link.nextOutput() { outputs.append(output) }
    return outputs
  }

  /// Time passes, and the link is told at each of its deadlines. Everything that was to be done, with the second.
  mutating func pass(_ seconds: Double) -> [BeaconLink.Output] {
    let end = now.advanced(by: .seconds(seconds))
    var all: [BeaconLink.Output] = []
    while let due = link.deadline, due <= end {
      now = max(now, due)
      link.tick(at: now)
      all += outputs()
    }
    now = end
    return all
  }

  /// Time has passed at once, past any deadline.
  mutating func tick(at instant: MonotonicInstant) {
    now = max(now, instant)
    link.tick(at: now)
  }

  mutating func receive(_ frame: [UInt8], from source: Endpoint = Self.beacon) -> BeaconLink.Reception {
    link.received(frame.span.raw, from: source, at: now)
  }

  mutating func resolved(_ addresses: Endpoint...) { link.resolved(addresses, at: now) }

  mutating func on(_ event: TransportEvent) { link.on(event, at: now) }

  mutating func refuse(_ output: BeaconLink.Output, _ error: TransportError.Code) {
    link.refused(output, error, at: now)
  }

  static func reply(_ endpoint: Endpoint = Self.seen) -> [UInt8] { DiscoverReply(endpoint: endpoint).encoded() }

  static func delivery(from sender: NodeID = Self.peer, _ payload: [UInt8] = [1]) -> [UInt8] {
    RelayDeliver(sender: sender, payload: payload.span.raw).encoded()
  }

  /// What comes of a frame of the node to itself.
  static var probe: [UInt8] { delivery(from: node, token.payload) }

  static func challenge(of node: NodeID = Self.node, _ number: UInt64 = 1) -> DiscoverChallenge {
    DiscoverChallenge(node: node, stamp: ChallengeStamp(rawValue: number), token: ChallengeToken(high: 0, low: number))
  }

  /// What ICMP says, or whoever forges it.
  static func report(of endpoint: Endpoint = beacon) -> TransportEvent {
    .unreachable(endpoint, reason: TransportError(code: .unreachable, message: "refused"), quoted: QuotedDatagram())
  }

  /// A node that its beacon has answered, and whose probe is back.
  static var ready: Self {
    var run = Self()
    _ = run.receive(reply())
    _ = run.receive(probe)
    _ = run.outputs()
    return run
  }
}
