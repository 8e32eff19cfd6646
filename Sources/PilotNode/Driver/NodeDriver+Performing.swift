import PilotIdentity
import PilotTransport
import PilotWire

/// What a driver does for the machine.
extension NodeDriver {
  /// - Returns: Whether that is all.
  func performInOrder(_ output: NodeMachine.Output) -> Bool {
    switch output {
    case .state(let state): states.append(.state(state))
    case .selection(.switched(let change)):
      tally.switches.count()
      states.append(.switched(change))
    case .selection(.open(let path)): ports[path.index].connection?.dial()
    case .selection(.rest(let path)): ports[path.index].connection?.rest()
    case .selection(.redial(let path)): ports[path.index].connection?.redial()
    case .selection(.carry): break
    case .selection(.probe), .selection(.echo), .selection(.remember), .selection(.announce), .link: return false
    }
    return true
  }

  func perform(_ output: NodeMachine.Output) {
    switch output {
    case .link(let path, let output): perform(output, for: ports[path.index])
    case .selection(.probe(let path, let length)):
      noteQuestion(over: ports[path.index])
      send(probe(length), over: ports[path.index])
    case .selection(.echo(let path, let number, let length)):
      let payload = echoToken.echo(number, length: length - Relay.headerLength)
      let frame = Relay(sender: id, destination: id, payload: payload.span.raw).encoded()
      send(frame, over: ports[path.index])
    case .selection(.remember(let verdict)): network.remember(verdict)
    case .selection, .state: return
    }
  }

  /// A question with zeros behind it, which beacons ignore.
  private func probe(_ length: Int) -> [UInt8] {
    question + Array(repeating: 0, count: max(length - question.count, 0))
  }

  private func send(_ frame: [UInt8], over port: PathPort) {
    do throws(TransportError) {
      try port.sendControl(frame, to: port.beacon)
      tally.controlSent.count()
    } catch {
      tally.controlRefused.count()
      drive { $0.refused(port.id, error.code, at: .now()) }
    }
  }

  private func perform(_ output: BeaconLink.Output, for port: PathPort) {
    do throws(TransportError) {
      switch output {
      case .ask(let beacon):
        noteQuestion(over: port)
        try port.sendControl(question, to: beacon)
      case .announce(let beacon):
        noteQuestion(over: port)
        try port.sendControl(announcement, to: beacon)
      case .probe(let beacon): try port.sendControl(port.probe, to: beacon)
      case .prove(let challenge, let beacon): return try prove(challenge, to: beacon, over: port)
      case .punch(let endpoint): return try punch(endpoint, over: port)
      case .punchHeldBack: return tally.punchesHeldBack.count()
      case .resolve: return port.nameAlarm.ring()
      case .state: return
      }
      tally.controlSent.count()
    } catch {
      tally.controlRefused.count()
      drive { $0.refused(output, of: port.id, error.code, at: .now()) }
    }
  }

  /// Three times, as deployed nodes do: what is lost isn't asked for again by a peer.
  private func punch(_ endpoint: Endpoint, over port: PathPort) throws(TransportError) {
    let frame = Punch().encoded()
    for _ in 0..<3 {
      try port.sendControl(frame, to: endpoint)
      tally.controlSent.count()
      tally.punchesSent.count()
    }
  }

  private func prove(
    _ challenge: DiscoverChallenge, to beacon: Endpoint, over port: PathPort
  ) throws(TransportError) {
    // Nobody is asked for proof at port 0, where nothing comes from.
    guard let name = port.dialled ?? BeaconName(beacon) else { return }
    let proof: DiscoverProof
    do {
      proof = try identity.proof(of: challenge, dialling: name)
    } catch {
      throw TransportError(code: .system, message: "the proof of who this node is can't be signed", cause: error)
    }
    try port.sendControl(proof.encoded(), to: beacon)
    tally.controlSent.count()
    tally.proofsSent.count()
  }
}
