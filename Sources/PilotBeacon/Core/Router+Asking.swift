internal import PilotTransport
internal import PilotWire

/// Whether anybody receives where a node was registered without a proof: it is asked with what deployed nodes answer, a
/// PunchCommand that names this beacon, and answers with `PILP` (wire reference, section 2).
extension Router {
  /// Asks where an unproven node was registered or refreshed, unless it has answered already, or got enough unasked.
  mutating func ask(_ node: NodeID, _ registration: Registration, at now: UInt64) {
    guard !registration.hasAnswered, let address = askingAddress(for: registration),
      admitsUnasked(to: registration.endpoint, at: now)
    else { return }
    asked.note(node, at: registration.endpoint, now: now)
    counters.endpointQuestions &+= 1
    put(.punch(.udp(registration.endpoint, from: registration.local), PunchCommand(endpoint: address)))
  }

  /// A sign has come from an endpoint: it counts for the nodes there that it was asked for within the last few seconds.
  mutating func answered(from source: Endpoint, at now: UInt64) {
    while let node = asked.take(source, at: now, timeout: Self.answerTimeout) {
      if nodes.setAnswered(node, at: source, now: now) { counters.endpointAnswers &+= 1 }
    }
  }

  /// How long a question can be answered: 3 s.
  private static let answerTimeout: UInt64 = 3_000_000_000
}
