import ChaosCore
import FoundationEssentials
import NIOPosix
import PilotConsole

/// A process that takes orders.
struct Mate: Sendable {
  let name: String
  let child: ChildProcess

  /// Gives an order and waits until it has been carried out.
  func ask(_ order: Order) async throws -> Answer {
    let line = try JSONEncoder().encode(order)
    guard child.write(String(decoding: line, as: UTF8.self)), let answer = await child.line() else {
      try Task.checkCancellation()
      throw ChaosFailure("the process \(name) has ended by itself")
    }
    return try JSONDecoder().decode(Answer.self, from: Data(answer.utf8))
  }
}

/// The processes with nodes in them.
struct Crew: Sendable {
  private(set) var workers: [Mate]
  let hostile: Mate
  private let start: @Sendable (Int) throws -> Mate

  static func start(_ plan: Plan, run: UInt64, waiters: NIOThreadPool) throws -> Crew {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/proc/self/exe"
    let options = [
      "--seed", String(plan.seed), "--run", String(run), "--nodes", String(plan.population.nodes), "--workers",
      String(plan.population.workers),
    ]
    let start: @Sendable (Int) throws -> Mate = { index in
      Mate(
        name: "worker \(index)",
        child: try ChildProcess.start(
          ["worker", "--index", String(index)] + options, program: own, waiters: waiters))
    }
    let workers = try (0..<plan.population.workers).map(start)
    let hostile = Mate(
      name: VitalsLog.attacker, child: try ChildProcess.start(["hostile"] + options, program: own, waiters: waiters))
    return Crew(workers: workers, hostile: hostile, start: start)
  }

  /// Starts a worker's successor.
  mutating func replaceWorker(_ index: Int) throws {
    workers[index] = try start(index)
  }

  var all: [Mate] { workers + [hostile] }

  /// Gives the same order to several, at the same time.
  private func ask(_ mates: [Mate], _ order: Order) async throws -> [Answer] {
    try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
      for (index, mate) in mates.enumerated() {
        group.addTask { (index, try await mate.ask(order)) }
      }
      var answers: [(Int, Answer)] = []
      for try await answer in group { answers.append(answer) }
      return answers.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// As ``ask(_:_:)``, and all must have been able to do it.
  @discardableResult
  func tell(_ mates: [Mate], _ order: Order) async throws -> [Answer] {
    let answers = try await ask(mates, order)
    if let problem = answers.lazy.compactMap(\.problem).first { throw ChaosFailure(problem) }
    return answers
  }

  /// All counts, by process.
  func books() async throws -> [Int32: Books] {
    let answers = try await tell(all, .report)
    return Dictionary(uniqueKeysWithValues: zip(all.map(\.child.id), answers.map(\.books)))
  }

  func end() {
    for mate in all { mate.child.end() }
  }
}
