/// Processes at quiet moments: with the same nodes attached, and nothing under way.
package struct VitalsLog: Sendable {
  /// A quiet moment.
  package struct Sample: Sendable, Equatable, Codable {
    /// The round before it.
    package let round: Int
    package let vitals: Vitals
  }

  /// One process's life.
  package struct Life: Sendable, Equatable, Codable {
    package let name: String
    package let process: Int32
    /// In the order of the rounds.
    package fileprivate(set) var samples: [Sample] = []
  }

  /// Quiet moments at the beginning of a life in which its memory may still grow to what it needs.
  package static let warmUp = 6
  /// How much a process may have more at the end of its life than it had after the warm-up, in bytes.
  package static let memoryAllowance = 32 << 20
  /// Threads of the runtime's pool at most.
  package static let pooledThreadLimit = 64

  package private(set) var lives: [Life] = []

  package init() {}

  /// What a process had at its first quiet moment, which it may not exceed later on.
  package func reference(_ name: String, _ process: Int32) -> Vitals? {
    lives.first { $0.name == name && $0.process == process }?.samples.first?.vitals
  }

  package mutating func add(_ name: String, _ process: Int32, after round: Int, _ vitals: Vitals) {
    let index = lives.firstIndex { $0.name == name && $0.process == process } ?? lives.count
    if index == lives.count { lives.append(Life(name: name, process: process)) }
    lives[index].samples.append(Sample(round: round, vitals: vitals))
  }

  /// What grew, one line each.
  package var broken: [String] { lives.flatMap(\.broken) }
}

extension VitalsLog.Life {
  fileprivate var broken: [String] {
    guard let first = samples.first?.vitals, let last = samples.last?.vitals else { return [] }
    var lines: [String] = []
    let who = "\(name) (process \(process))"
    if last.descriptors != first.descriptors {
      lines.append("\(who): \(first.descriptors) descriptors became \(last.descriptors)")
    }
    if last.threads != first.threads { lines.append("\(who): \(first.threads) threads became \(last.threads)") }
    if let most = samples.map(\.vitals.pooledThreads).max(), most > VitalsLog.pooledThreadLimit {
      lines.append("\(who): the runtime's pool had \(most) threads")
    }
    if samples.count > VitalsLog.warmUp {
      let growth = last.residentBytes - samples[VitalsLog.warmUp - 1].vitals.residentBytes
      if growth > VitalsLog.memoryAllowance { lines.append("\(who): memory grew by \(growth >> 10) KiB") }
    }
    return lines
  }
}
