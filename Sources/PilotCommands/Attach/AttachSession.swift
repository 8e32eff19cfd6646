import PilotTransport
import PilotWSS
import PilotWire

/// A run of `pilot attach`, from the first connection to `closed`.
struct AttachSession {
  private let plan: AttachPlan
  private let output: AttachOutput

  init(_ plan: AttachPlan, output: AttachOutput) {
    self.plan = plan
    self.output = output
  }

  /// Serves until the input ends, a line says so, or the task is cancelled.
  func run() async throws {
    let udp = try plan.udp.map { try AttachUDPNode(plan, beacon: $0, output: output) }
    if let udp, await serve(udp) == .done || plan.wss == nil {
      return output.write(.closed)
    }
    if let configuration = plan.wss, !Task.isCancelled {
      let transport = try WSSTransport.start(configuration)
      _ = await serve(AttachWSSNode(node: plan.node, transport: transport, output: output))
    }
    output.write(.closed)
  }

  private func serve(_ node: some AttachNode) async -> AttachOutcome {
    await withTaskCancellationHandler {
      await node.serve()
    } onCancel: {
      node.transport.close()
    }
  }
}

/// How a node's service ended.
enum AttachOutcome: Sendable {
  /// It was closed, by its input or from outside.
  case done
  /// The beacon did not answer in time, and there is another way to reach it.
  case unanswered
}
