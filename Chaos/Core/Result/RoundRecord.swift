import PilotFixtures

/// What came of a round.
package struct RoundRecord: Sendable {
  /// What the coordinator has seen beside the books.
  package struct Observations: Sendable, Equatable {
    /// Over which time the beacon counted, in milliseconds.
    package var elapsed = 0
    /// How long after the nodes file's change the beacon had taken all proofs of the keys back, in milliseconds.
    package var revokedAfter = 0
    /// Lines of its log that the beacon has left out, by its own account.
    package var linesLeftOut = 0

    package init() {}
  }

  package let round: Round
  package let ledger: Ledger
  package let nodes: Books
  /// The beacon's counts of the round; if it was ended in it, those of its successor alone.
  package let beacon: BeaconCounts
  /// By how much the worst step came too late, in milliseconds.
  package let lateness: Int
  /// The longest time without a delivery of each cell, in milliseconds, in the process where it was longest.
  package let silences: [String: Int]
  package let observations: Observations

  package init(
    round: Round, ledger: Ledger, nodes: Books, beacon: BeaconCounts, lateness: Int, silences: [[String: Int]],
    observations: Observations = Observations()
  ) {
    self.round = round
    self.ledger = ledger
    self.nodes = nodes
    self.beacon = beacon
    self.lateness = lateness
    self.observations = observations
    self.silences = silences.reduce(into: [:]) { $0.merge($1) { max($0, $1) } }
  }

  package var sent: Int { Cell.allCases.reduce(0) { $0 + nodes[.sent($1)] } }
  package var delivered: Int { Cell.allCases.reduce(0) { $0 + nodes[.delivered($1)] } }
  package var name: String { "round \(round.number + 1) (\(round.weather.rawValue))" }
}
