import ArgumentParser
import ChaosCore

/// `chaos hostile`: a process with hostile peers. It also ends the beacon, should the coordinator be gone.
struct HostileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hostile", abstract: "Run hostile peers.", discussion: "Started by chaos run.", shouldDisplay: false)

  @OptionGroup var options: PlanOptions

  func run() async throws {
    let hostile = HostileWorker(plan: options.plan, run: options.run)
    try await Orders(onEnd: { hostile.endBeacon() }).serve { try await hostile.perform($0) }
  }
}
