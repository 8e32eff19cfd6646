import ArgumentParser
import ChaosCore

/// What the processes that `chaos run` starts need to know.
struct PlanOptions: ParsableArguments {
  @Option var seed: UInt64
  @Option var run: UInt64
  @Option var nodes: Int
  @Option var workers: Int

  var plan: Plan { Plan(seed: seed, population: Population(nodes: nodes, workers: workers)) }
}

/// `chaos worker`: a process with honest nodes, which does what it is told on standard input.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Run honest nodes.", discussion: "Started by chaos run.", shouldDisplay: false)

  @OptionGroup var options: PlanOptions
  @Option var index: Int

  func run() async throws {
    let worker = try Worker(plan: options.plan, index: index, run: options.run)
    try await Orders().serve { try await worker.perform($0) }
  }
}

extension Orders {
  /// Carries orders out until there are no more: then nobody is there any longer to end what was started.
  func serve(_ perform: (Order) async throws -> Answer) async throws {
    while let order = try await next() {
      do {
        try await answer(try await perform(order))
      } catch {
        try await answer(Answer(problem: "\(error)"))
      }
    }
  }
}
