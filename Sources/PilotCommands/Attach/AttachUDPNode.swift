import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// A node on a UDP socket, which keeps itself registered with its beacon.
final class AttachUDPNode: AttachNode {
  /// How long the beacon may take to answer before the node is ready without it, or WSS is tried.
  private static let patience: Duration = .seconds(2)

  let node: NodeID
  let transport: any Transport
  let beacon: Endpoint
  let output: AttachOutput
  private let identity: Identity
  private let hasAlternative: Bool
  private let schedule: Mutex<RegistrationSchedule>
  private let alarm = Alarm()
  private let isReady = Atomic<Bool>(false)
  private let gaveUp = Atomic<Bool>(false)

  init(_ plan: AttachPlan, beacon: Endpoint, output: AttachOutput) throws {
    node = plan.node
    identity = plan.identity
    hasAlternative = plan.wss != nil
    transport = try UDPTransport.bind()
    self.beacon = beacon
    self.output = output
    schedule = Mutex(RegistrationSchedule(at: .now()))
  }

  func serve() async -> AttachOutcome {
    if !hasAlternative { AttachInputThread.start(for: self) }
    await withTaskGroup { group in
      group.addTask { await self.receive() }
      group.addTask { await self.register() }
      group.addTask { await self.waitForAnswer() }
      await watch()
      group.cancelAll()
    }
    return gaveUp.load(ordering: .acquiring) ? .unanswered : .done
  }

  private func receive() async {
    do {
      var receiver = try transport.makeReceiver()
      while true {
        try await receiver.receive { frame, source in
          if source == beacon { heard(frame) }
          output.write(AttachEvent(frame, from: source))
        }
      }
    } catch {
      // Closed: the events end too.
    }
  }

  /// What concerns the registration.
  private func heard(_ frame: RawSpan) {
    if (try? DiscoverReply(parsing: frame)) != nil {
      _ = schedule.withLock { $0.answered(at: .now()) }
      alarm.ring()
      ready()
    } else if let challenge = try? DiscoverChallenge(parsing: frame), challenge.node == node {
      guard let signature = try? identity.sign(challenge.signedText) else { return }
      _ = try? transport.send(DiscoverProof(challenge: challenge, signature: signature).encoded(), to: beacon)
    }
  }

  private func ready() {
    guard !isReady.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let local = LocalAddress.towards(beacon, port: transport.localEndpoint.port) ?? transport.localEndpoint
    output.write(.ready(transport: "udp", local: local))
    if hasAlternative { AttachInputThread.start(for: self) }
  }

  private func register() async {
    let announcement = Discover(node: node, publicKey: identity.publicKey).encoded()
    while !Task.isCancelled {
      switch schedule.withLock({ $0.tick(at: .now()) }) {
      case .announce:
        do {
          try transport.send(announcement, to: beacon)
        } catch {
          if error.code == .closed { return }
          output.write(.error(error))
        }
      case .wait(let instant):
        await alarm.wait(for: MonotonicInstant.now().duration(to: instant))
      }
    }
  }

  private func waitForAnswer() async {
    guard (try? await Task.sleep(for: Self.patience)) != nil, !isReady.load(ordering: .acquiring) else { return }
    if hasAlternative {
      gaveUp.store(true, ordering: .releasing)
      transport.close()
    } else {
      output.write(
        .error(code: "timed_out", message: "the beacon at \(beacon) doesn't answer; this node goes on asking it"))
      ready()
    }
  }

  private func watch() async {
    for await event in transport.events {
      if case .unreachable(let endpoint, _, _) = event, endpoint == beacon {
        let isSooner = schedule.withLock { $0.unreachable(at: .now()) }
        if isSooner { alarm.ring() }
      }
      if let event = AttachEvent(event) { output.write(event) }
    }
    alarm.ring()
  }
}
