import ArgumentParser
import ChaosCore
import FoundationEssentials
import Logging
import PilotConsole

/// `chaos run`, which is what `chaos` alone does.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run it. (default)",
    discussion: "Example: chaos run --duration 90s --seed 7 --pilot .build-release/release/pilot")

  @Option(help: "What everything random follows from. (default: a new one)")
  var seed: UInt64?

  @Option(help: ArgumentHelp("How long: 90s, 5m, 2h. At least one round of each kind is run.", valueName: "time"))
  var duration = "5m"

  @Option(help: "So many rounds and no more, whatever the duration. What hasn't happened in them is no failure then.")
  var rounds: Int?

  @Option(help: "Honest nodes, half of them over UDP and half over WSS.")
  var nodes = 200

  @Option(help: "Processes that the honest nodes are spread over.")
  var workers = 2

  @Option(help: ArgumentHelp("The program under test. (default: beside this one)", valueName: "path"))
  var pilot: String?

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  @Flag(help: "Print a line for each round to standard error.")
  var verbose = false

  func run() async throws {
    guard let length = Length(duration) else {
      throw ValidationError("--duration must be a number with s, m or h, such as 90s")
    }
    if let rounds, rounds < 1 { throw ValidationError("--rounds is 1 or more") }
    guard nodes > 0, nodes <= 4_000, (1...16).contains(workers) else {
      throw ValidationError("--nodes is 1 to 4000, and --workers 1 to 16")
    }
    let program = pilot ?? Self.neighbour("pilot")
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw ValidationError("\(program) is no program; give the one to test with --pilot, or use Chaos/run")
    }
    let seed = seed ?? .random(in: 1...999_999_999)
    let plan = Plan(seed: seed, population: Population(nodes: nodes, workers: workers))
    let output = RunOutput(isVerbose: verbose, isJSON: json)
    let extent = rounds.map { "--rounds \($0)" } ?? "--duration \(duration)"
    let again = "Chaos/run --seed \(seed) \(extent) --nodes \(nodes) --workers \(workers)"
    output.report("seed \(seed)")
    let box = SummaryBox()
    do {
      try await ShutdownSignals.run(logger: Logger(label: "chaos", factory: { _ in SwiftLogNoOpLogHandler() })) {
        var coordinator = try await Coordinator.start(plan: plan, pilot: program, output: output)
        defer { output.finishProgress() }
        do {
          box.set(try await coordinator.run(for: length.duration, rounds: rounds))
        } catch {
          coordinator.end()
          throw error
        }
        coordinator.end()
      }
    } catch let error as ExitCode {
      throw error
    } catch is CancellationError {
      output.report("interrupted")
      throw ExitCode(130)
    } catch {
      output.report("chaos: \(error)")
      output.report("again: \(again)")
      throw ExitCode.failure
    }
    guard let summary = box.value else { throw ExitCode.failure }
    let verdict = RunVerdict(summary, isShort: rounds != nil)
    try await output.end(summary, verdict, again: again)
    if !verdict.broken.isEmpty { throw ExitCode.failure }
  }

  /// A program in this one's directory.
  private static func neighbour(_ name: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "./chaos"
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/" + name
  }
}
