import PilotBeacon
import PilotTesting
import PilotNode
import PilotTransport
import PilotWire

/// A node that keeps itself registered at a ``SimulatedBeacon``, as the command line's does, and talks to others.
struct SimulatedNode {
  let id: NodeID
  let host: SimulatedNetwork.Host
  /// Nil for a node that can prove nothing, as all deployed ones.
  let key: PublicKey?
  var schedule: RegistrationSchedule
  /// When its schedule wants to be asked again.
  private(set) var armedFor = MonotonicInstant.start
  private(set) var announcements = 0
  private(set) var received = 0

  init(
    _ id: NodeID, on host: SimulatedNetwork.Host, key: PublicKey? = nil,
    _ configuration: RegistrationSchedule.Configuration = .init(), from begin: MonotonicInstant
  ) {
    self.id = id
    self.host = host
    self.key = key
    schedule = RegistrationSchedule(configuration, at: begin)
  }

  /// The number of its timer.
  var timer: UInt64 { UInt64(id.rawValue) }

  /// Does what the schedule says, and sets its timer.
  mutating func tick(_ network: inout SimulatedNetwork) {
    while true {
      switch schedule.tick(at: network.now) {
      case .announce:
        announcements += 1
        send(Discover(node: id, publicKey: key).encoded(), &network)
      case .wait(let instant):
        if instant != armedFor { network.setTimer(timer, at: instant) }
        armedFor = instant
        return
      }
    }
  }

  /// Sends a frame to another node through the beacon. It says whom it is for.
  func relay(to destination: NodeID, _ network: inout SimulatedNetwork) {
    let payload = Array("P".utf8) + withBytes(id) + withBytes(destination)
    send(Relay(sender: id, destination: destination, payload: payload.span.raw).encoded(), &network)
  }

  /// Takes what came from the beacon. Returns what is wrong with it.
  mutating func on(_ frame: [UInt8], _ network: inout SimulatedNetwork) -> String? {
    switch frame.first.flatMap({ BeaconMessageType(rawValue: $0) }) {
    case .discoverReply:
      _ = schedule.answered(at: network.now)
      tick(&network)
    case .discoverChallenge:
      guard let key, let challenge = try? DiscoverChallenge(parsing: frame.span.raw) else { return "a challenge" }
      let signature = FakeAuthenticator.signature(of: challenge, by: key)
      send(DiscoverProof(challenge: challenge, signature: signature).encoded(), &network)
    case .relayDeliver:
      guard let message = try? RelayDeliver(parsing: frame.span.raw) else { return "a broken relay" }
      let payload = message.payload.copied()
      guard payload == Array("P".utf8) + withBytes(message.sender) + withBytes(id) else {
        return "node \(id) got what was for somebody else: \(payload)"
      }
      received += 1
    default: return "node \(id) got \(frame)"
    }
    return nil
  }

  mutating func unreachable(_ network: inout SimulatedNetwork) {
    _ = schedule.unreachable(at: network.now)
    tick(&network)
  }

  private func send(_ frame: [UInt8], _ network: inout SimulatedNetwork) {
    network.send(frame, from: host, to: SimulatedBeacon.endpoint, at: network.now)
  }

  private func withBytes(_ node: NodeID) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: node.rawValue >> $0) }
  }
}
