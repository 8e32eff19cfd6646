import Logging
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization

/// A node on a UDP socket, which keeps itself registered with its beacon.
final class AttachUDPNode: AttachNode {
  let node: NodeID
  let transport: any Transport
  let output: AttachOutput
  private let identity: Identity
  private let hasAlternative: Bool
  private let logger: Logger
  private let contact: Mutex<BeaconContact>
  private let alarm = Alarm()
  /// What the frame to itself carries: nobody else's frame has the same bytes.
  private let token: [UInt8]
  private let readsInput = Atomic<Bool>(false)
  private let gaveUp = Atomic<Bool>(false)

  /// - Parameter addresses: What the beacon's name has, at least one.
  init(_ plan: AttachPlan, beacon addresses: UDPAddresses, output: AttachOutput, logger: Logger) throws {
    node = plan.node
    identity = plan.identity
    hasAlternative = plan.wss != nil
    self.logger = logger
    transport = try UDPTransport.bind()
    self.output = output
    contact = Mutex(BeaconContact(first: addresses.first, others: addresses.others, at: .now()))
    token = (0..<16).map { _ in UInt8.random(in: 0...255) }
  }

  /// Where frames for the beacon go.
  var beacon: Endpoint { contact.withLock { $0.beacon } }

  func serve() async -> AttachOutcome {
    if contact.withLock({ $0.isPlaced }), !hasAlternative { readInput() }
    await withTaskGroup { group in
      group.addTask { await self.receive() }
      group.addTask { await self.keepContact() }
      await watch()
      group.cancelAll()
    }
    return gaveUp.load(ordering: .acquiring) ? .unanswered : .done
  }

  private func receive() async {
    await receiveAll { frame in
      guard !isOwnProbe(frame.bytes, from: frame.source) else { return }
      heard(frame.bytes, from: frame.source)
      output.write(frame.bytes, from: frame.source, isBeacon: frame.source == beacon)
    }
  }

  /// What concerns the registration.
  private func heard(_ frame: RawSpan, from source: Endpoint) {
    if (try? DiscoverReply(parsing: frame)) != nil {
      if contact.withLock({ $0.answered(from: source, at: .now()) }) { alarm.ring() }
    } else if let challenge = try? DiscoverChallenge(parsing: frame), challenge.node == node,
      contact.withLock({ $0.challenged(from: source, at: .now()) }),
      let signature = try? identity.sign(challenge.signedText)
    {
      _ = try? transport.send(DiscoverProof(challenge: challenge, signature: signature).encoded(), to: source)
    }
  }

  /// Whether the frame that this node has relayed to itself has come back: no business of who drives it.
  private func isOwnProbe(_ frame: RawSpan, from source: Endpoint) -> Bool {
    guard let delivery = AttachEvent.delivery(in: frame), case .deliver(let sender, let payload) = delivery,
      sender == node, payload == token
    else { return false }
    let isDelivered = contact.withLock { $0.returned(from: source) }
    if isDelivered { alarm.ring() }
    return isDelivered
  }

  private func keepContact() async {
    while !Task.isCancelled {
      switch contact.withLock({ $0.tick(at: .now()) }) {
      case .ask(let addresses):
        let question = Discover(node: nil).encoded()
        if send(question, to: addresses).isEmpty { continue }
        if hasAlternative { contact.withLock { $0.cannotSend() } }
      case .announce(let beacon):
        if !hasAlternative { readInput() }
        let errors = send(Discover(node: node, publicKey: identity.publicKey).encoded(), to: [beacon])
        if hasAlternative, !errors.isEmpty, errors.allSatisfy({ $0.code != .backpressure }) {
          contact.withLock { $0.cannotSend() }
        }
      case .probe(let beacon):
        let payload = token
        let frame = Relay(sender: node, destination: node, payload: payload.span.raw).encoded()
        _ = try? transport.send(frame, to: beacon)
      case .settled(let reachability):
        await settle(reachability)
      case .wait(let instant):
        await alarm.wait(for: MonotonicInstant.now().duration(to: instant))
      }
    }
  }

  /// Sends to several addresses what one of them is to answer.
  ///
  /// - Returns: Why none of them could be sent to; empty if one could.
  private func send(_ frame: [UInt8], to addresses: [Endpoint]) -> [TransportError] {
    var errors: [TransportError] = []
    for address in addresses {
      do {
        try transport.send(frame, to: address)
      } catch {
        errors.append(error)
      }
    }
    guard errors.count == addresses.count else { return [] }
    for error in errors where error.code != .closed { output.write(.error(error)) }
    return errors
  }

  private func settle(_ reachability: BeaconContact.Reachability) async {
    let problem: String? =
      switch reachability {
      case .reachable: nil
      case .unanswered: "the beacon at \(beacon) doesn't answer"
      case .undelivered: "the beacon at \(beacon) answers and delivers nothing: it takes this node to be elsewhere"
      }
    if let problem, hasAlternative {
      logger.info("UDP is of no use, going on over WebSocket", metadata: ["reason": "\(problem)"])
      gaveUp.store(true, ordering: .releasing)
      return transport.close()
    }
    if let problem {
      output.write(.error(code: "timed_out", message: "\(problem); this node goes on asking it"))
    }
    let local = await LocalAddress.towards(beacon, port: transport.localEndpoint.port) ?? transport.localEndpoint
    output.write(.ready(transport: "udp", local: local))
    readInput()
  }

  private func readInput() {
    guard !readsInput.exchange(true, ordering: .acquiringAndReleasing) else { return }
    AttachInputThread.start(for: self)
  }

  private func watch() async {
    for await event in transport.events {
      if case .unreachable(let endpoint, _, _) = event,
        contact.withLock({ $0.unreachable(endpoint, at: .now()) })
      {
        alarm.ring()
      }
      if let event = AttachEvent(event) { output.write(event) }
    }
    alarm.ring()
  }
}
