import PilotIdentity
import PilotNode
import PilotTesting
import PilotTransport
import PilotWire

/// One run of one check over nodes.
struct NodeTrial: Sendable {
  let base: Trial
  let fixture: NodeFixture

  init(_ fixture: NodeFixture) {
    base = Trial(fixture.transport)
    self.fixture = fixture
  }

  var promises: TransportPromises { base.promises }

  /// Payloads of different lengths that the transport promises to carry at once.
  var payloads: [[UInt8]] {
    let lengths = [1, 0, 100, 7, 0, 242, 16]
    return (0..<min(promises.burst, 64)).map { Bytes.pattern(lengths[$0 % lengths.count], seed: $0) }
  }

  /// A node that has begun to join, its receiver taken.
  func start() async throws -> NodeSide {
    let link = try await base.connect()
    let target: BeaconLink.Target =
      switch fixture.path {
      case .datagrams: .datagrams(beacon: link.destination)
      case .connection: .connection(beacon: link.destination)
      }
    let node =
      try fixture.makeNode?(link, Self.patient)
      ?? Node(id: BeaconFrames.node, identity: Identity(), on: link.transport, to: target, times: Self.patient)
    let reader = NodeReader(try node.makeReceiver(), looksOverMoves: fixture.makeNode != nil)
    return NodeSide(trial: self, link: link, node: node, reader: reader)
  }

  /// A node that is ready.
  func join() async throws -> NodeSide {
    let side = try await start()
    try await side.becomeReady()
    return side
  }

  /// Times that no busy machine brings about by itself: what a node sends is what the beacon draws.
  private static var patient: BeaconLink.Configuration {
    var times = BeaconLink.Configuration()
    times.patience = .seconds(3_600)
    times.probeAgain = .seconds(3_600)
    times.registration.retry = .seconds(3_600)
    times.registration.interval = .seconds(3_600)
    times.announcement.interval = .seconds(3_600)
    return times
  }
}
