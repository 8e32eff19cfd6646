import Logging
import PilotConsole
import PilotNode
import PilotTransport
import PilotWire

/// A run of `pilot attach`, from the first connection to `closed`.
struct AttachSession {
  private let plan: NodePlan
  private let output: AttachOutput
  private let logger: Logger

  init(_ plan: NodePlan, output: AttachOutput, logger: Logger) {
    self.plan = plan
    self.output = output
    self.logger = logger
  }

  /// Serves until the input ends, a line says so, the output's reader goes away, or the task is cancelled.
  func run() async throws {
    let node = try await Node.start(plan.configuration)
    let attached = AttachNode(node, plan.configuration, output: output, logger: logger)
    output.reader.whenGone { node.leave() }
    await withTaskCancellationHandler {
      await attached.serve(readingInput: isSettled)
    } onCancel: {
      node.leave()
    }
    output.write(.closed(node.counters))
    try output.reader.check()
  }

  /// Whether it is known from the start where frames go: there is one way, and its beacon isn't a name that may have several
  /// addresses, of which the right one is yet to be found.
  private var isSettled: Bool {
    let beacons = plan.configuration.beacons + plan.configuration.standbys
    guard beacons.count == 1, case .udp(let host, let port) = beacons[0] else { return beacons.count == 1 }
    return (try? Endpoint(address: host, port: port)) != nil
  }
}
