/// What came of a run.
package struct Summary: Sendable {
  /// What was done to the processes.
  package enum ProcessFault: String, Sendable, CaseIterable {
    case stopped = "beacon stopped for a while"
    case killed = "beacon killed under traffic"
    case ended = "beacon ended in order under traffic"
    case handedOver = "beacon ended in order in silence"
    case takenOver = "beacon taken over from under traffic"
    case crashed = "worker killed under traffic"
    case revoked = "keys taken out of the nodes file for a while"
    case unread = "beacon's log not read for a while"
    case endedUnread = "beacon ended in order while its log was full"
    case drained = "nodes told, over both transports, that the beacon ends"
  }

  package let seed: UInt64
  package var rounds: [RoundRecord] = []
  package var faults: [ProcessFault: Int] = [:]
  /// Attacks that can't be made here, by what keeps them from it.
  package var notRun: [Attack: String] = [:]
  /// What went wrong outside of the books, one line each.
  package var complaints: [String] = []
  package var vitals = VitalsLog()

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// What the beacons have counted under a metric, in all rounds together.
  package func seen(_ metric: String, _ label: String? = nil) -> Int {
    rounds.reduce(0) { sum, record in sum + (label.map { record.beacon[metric, $0] } ?? record.beacon[metric]) }
  }

  /// The counts of all rounds together, those without exact books included.
  package var books: Books { rounds.reduce(into: Books()) { $0 += $1.nodes } }
}
