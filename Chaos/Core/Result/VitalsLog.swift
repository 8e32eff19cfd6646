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

  /// How many quiet moments a life must have for its memory to be judged.
  package static let judgedMoments = 8
  /// How much more memory a process may have at its last quiet moment than it had at the one in the middle, in bytes.
  ///
  /// The heap's high-water marks are still to be found in the first half; in the second, a life of 21 moments had 10 MiB
  /// more, and lives of 84 had 8. What is leaked for each frame or connection grows on and on, and would soon exceed it.
  package static let memoryAllowance = 24 << 20
  /// The process whose memory isn't judged: it is that of thousands of hostile clients, and most of it not the product's.
  package static let attacker = "hostile"
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
    if samples.count >= VitalsLog.judgedMoments, name != VitalsLog.attacker {
      let growth = last.residentBytes - samples[samples.count / 2].vitals.residentBytes
      if growth > VitalsLog.memoryAllowance {
        lines.append("\(who): memory grew by \(growth >> 10) KiB in the second half of its life")
      }
    }
    return lines
  }
}
