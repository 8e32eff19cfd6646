import ChaosCore

/// What came of a round.
struct RoundRecord: Sendable {
  let round: Round
  let ledger: Ledger
  let nodes: Books
  let beacon: BeaconCounts
  let attached: Int
  /// By how much the worst step came too late, in milliseconds.
  let lateness: Int
  /// By process, the longest time without a delivery of each cell, in milliseconds.
  let silences: [[String: Int]]

  var sent: Int { Cell.allCases.reduce(0) { $0 + nodes[.sent($1)] } }
  var delivered: Int { Cell.allCases.reduce(0) { $0 + nodes[.delivered($1)] } }
}
