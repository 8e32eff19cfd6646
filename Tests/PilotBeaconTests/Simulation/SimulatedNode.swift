import PilotBeacon
import PilotNode
import PilotTesting
import PilotTransport
import PilotWire

/// A node that a ``BeaconLink`` keeps known to a ``SimulatedBeacon``, and that talks to others.
struct SimulatedNode {
  let id: NodeID
  let host: SimulatedNetwork.Host
  /// Nil for a node that can prove nothing, as all deployed ones.
  let key: PublicKey?
  private let configuration: BeaconLink.Configuration
  private var link: BeaconLink
  /// When its link wants to be told the time again.
  private(set) var armedFor = MonotonicInstant.start
  private(set) var announcements = 0
  /// Messages of other nodes.
  private(set) var received = 0
  /// Frames that it has relayed to itself, and that came.
  private(set) var probesReceived = 0
  /// Whom its beacon has said not to be there, in order.
  private(set) var gone: [NodeID] = []
  /// What it has told whoever uses it, in order.
  private(set) var states: [NodeState] = []
  /// A machine that sleeps lets no time pass for its node.
  var isAsleep = false

  init(
    _ id: NodeID, on host: SimulatedNetwork.Host, key: PublicKey? = nil,
    _ configuration: BeaconLink.Configuration = .init(), from begin: MonotonicInstant
  ) {
    self.id = id
    self.host = host
    self.key = key
    self.configuration = configuration
    link = Self.link(of: id, configuration, at: begin)
  }

  /// How it stands.
  var state: NodeState { link.state }

  /// Whether it knows that what is sent to it arrives.
  var isReady: Bool { link.state.isReady }

  /// The number of its timer.
  private var timer: UInt64 { UInt64(id.rawValue) }

  /// Forgets what it knew, as another process would.
  mutating func restart(at now: MonotonicInstant) {
    link = Self.link(of: id, configuration, at: now)
  }

  /// Time has passed.
  mutating func tick(_ network: inout SimulatedNetwork) {
    link.tick(at: network.now)
    performOutputs(&network)
  }

  /// Sends a frame to another node through the beacon. It says whom it is for.
  func relay(to destination: NodeID, _ network: inout SimulatedNetwork) {
    let payload = Array("P".utf8) + withBytes(id) + withBytes(destination)
    send(Relay(sender: id, destination: destination, payload: payload.span.raw).encoded(), &network)
  }

  /// Takes a frame. Returns what is wrong with it.
  mutating func on(
    _ frame: [UInt8], from source: Endpoint, _ network: inout SimulatedNetwork
  ) -> String? {
    let reception = link.received(frame.span.raw, from: source, at: network.now)
    performOutputs(&network)
    switch reception {
    case .message:
      guard let message = try? RelayDeliver(parsing: frame.span.raw) else { return "a broken relay" }
      let payload = message.payload.copied()
      guard payload == Array("P".utf8) + withBytes(message.sender) + withBytes(id) else {
        return "node \(id) got what was for somebody else: \(payload)"
      }
      received += 1
    case .probe:
      probesReceived += 1
    case .gone(let node):
      if key == nil { return "node \(id), which has proven nothing, was told that \(node) isn't there" }
      gone.append(node)
    case .control:
      switch frame.first.flatMap({ BeaconMessageType(rawValue: $0) }) {
      case .discoverReply, .punchCommand: break
      case .discoverChallenge where key != nil: break
      default: return "node \(id) got \(frame)"
      }
    case .direct: return "node \(id) got \(frame) from \(source)"
    }
    return nil
  }

  /// ICMP has reported that nothing listens at the beacon's address.
  mutating func unreachable(_ report: TransportEvent, _ network: inout SimulatedNetwork) {
    link.on(report, at: network.now)
    performOutputs(&network)
  }

  /// Does what the link wants done, and sets its timer.
  private mutating func performOutputs(_ network: inout SimulatedNetwork) {
    while let output = link.nextOutput() {
      switch output {
      case .ask: send(Discover(node: nil).encoded(), &network)
      case .announce:
        announcements += 1
        send(Discover(node: id, publicKey: key).encoded(), &network)
      case .probe:
        let payload = Self.token(of: id).payload
        send(Relay(sender: id, destination: id, payload: payload.span.raw).encoded(), &network)
      case .prove(let challenge, _):
        // Without a key it is a fault, which ``on(_:from:_:)`` reports.
        guard let key else { continue }
        send(FakeAuthenticator.proof(of: challenge, by: key).encoded(), &network)
      case .punch(let endpoint):
        for _ in 0..<3 { network.send(Punch().encoded(), from: host, to: endpoint, at: network.now) }
      case .punchHeldBack: break
      // No name leads to this beacon.
      case .resolve: break
      case .state(let state): states.append(state)
      }
    }
    guard let deadline = link.deadline, deadline != armedFor else { return }
    network.setTimer(timer, at: deadline)
    armedFor = deadline
  }

  private func send(_ frame: [UInt8], _ network: inout SimulatedNetwork) {
    network.send(frame, from: host, to: SimulatedBeacon.endpoint, at: network.now)
  }

  private func withBytes(_ node: NodeID) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: node.rawValue >> $0) }
  }

  private static func link(
    of node: NodeID, _ configuration: BeaconLink.Configuration, at begin: MonotonicInstant
  ) -> BeaconLink {
    let target = BeaconLink.Target.datagrams(beacon: SimulatedBeacon.endpoint)
    return BeaconLink(node: node, to: target, token: token(of: node), configuration, at: begin)
  }

  private static func token(of node: NodeID) -> ProbeToken {
    ProbeToken(high: UInt64(node.rawValue), low: ~UInt64(node.rawValue))
  }
}
