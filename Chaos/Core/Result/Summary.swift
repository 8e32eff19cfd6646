/// What came of a run.
package struct Summary: Sendable {
  /// What was done to the beacon.
  package enum BeaconFault: String, Sendable, CaseIterable {
    case stopped = "stopped for a while"
    case killed = "killed under traffic"
    case ended = "ended in order under traffic"
    case handedOver = "ended in order in silence"
  }

  package let seed: UInt64
  package var rounds: [RoundRecord] = []
  package var faults: [BeaconFault: Int] = [:]
  /// What went wrong outside of the books, one line each.
  package var complaints: [String] = []
  package var vitals = VitalsLog()

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// The counts of all rounds together, those without exact books included.
  package var books: Books { rounds.reduce(into: Books()) { $0 += $1.nodes } }
}
