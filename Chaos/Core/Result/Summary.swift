/// What came of a run.
package struct Summary: Sendable {
  /// What was done to the processes.
  package enum ProcessFault: String, Sendable, CaseIterable {
    case stopped = "beacon stopped for a while"
    case killed = "beacon killed under traffic"
    case ended = "beacon ended in order under traffic"
    case handedOver = "beacon ended in order in silence"
    case crashed = "worker killed under traffic"
  }

  package let seed: UInt64
  package var rounds: [RoundRecord] = []
  package var faults: [ProcessFault: Int] = [:]
  /// What went wrong outside of the books, one line each.
  package var complaints: [String] = []
  package var vitals = VitalsLog()

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// The counts of all rounds together, those without exact books included.
  package var books: Books { rounds.reduce(into: Books()) { $0 += $1.nodes } }
}
