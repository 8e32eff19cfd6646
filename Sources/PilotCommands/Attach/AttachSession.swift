import Logging
import PilotConsole
import PilotTransport
import PilotWSS
import PilotWire

/// A run of `pilot attach`, from the first connection to `closed`.
struct AttachSession {
  private let plan: AttachPlan
  private let output: AttachOutput
  private let logger: Logger

  init(_ plan: AttachPlan, output: AttachOutput, logger: Logger) {
    self.plan = plan
    self.output = output
    self.logger = logger
  }

  /// Serves until the input ends, a line says so, the output's reader goes away, or the task is cancelled.
  func run() async throws {
    var books = TransportCounters()
    if try await serveOverUDP(&books) == .unanswered, let configuration = plan.wss, !Task.isCancelled {
      let transport = try WSSTransport.start(configuration)
      _ = await serve(AttachWSSNode(plan, transport: transport, output: output), &books)
    }
    output.write(.closed(books))
    try output.finish()
  }

  /// Where UDP can't be had at all, that is a reason to take the other way, if there is one.
  private func serveOverUDP(_ books: inout TransportCounters) async throws -> AttachOutcome {
    guard let host = plan.udp else { return .unanswered }
    let node: AttachUDPNode
    do {
      node = try AttachUDPNode(plan, beacon: try await addresses(of: host), output: output, logger: logger)
    } catch {
      if Task.isCancelled { return .done }
      guard plan.wss != nil else { throw error }
      let reason = CommandFailure(error).description
      logger.warning("UDP can't be had, going on over WebSocket", metadata: ["reason": "\(reason)"])
      return .unanswered
    }
    return await serve(node, &books)
  }

  /// With another way at hand, a name server has as long as the beacon.
  private func addresses(of host: UDPHost) async throws -> UDPAddresses {
    guard plan.wss != nil else { return try await host.addresses() }
    return try await withThrowingTaskGroup(of: UDPAddresses?.self) { group in
      group.addTask { try await host.addresses() }
      group.addTask {
        try await Task.sleep(for: BeaconContact.Configuration().patience)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let addresses = first else {
        throw CommandFailure("the name \(host.host) was not resolved in time", hint: "check the name server")
      }
      return addresses
    }
  }

  private func serve(_ node: some AttachNode, _ books: inout TransportCounters) async -> AttachOutcome {
    output.whenClosed { node.transport.close() }
    let outcome = await withTaskCancellationHandler {
      await node.serve()
    } onCancel: {
      node.transport.close()
    }
    books += node.transport.counters
    return outcome
  }
}

/// How a node's service ended.
enum AttachOutcome: Sendable {
  /// It was closed, by its input or from outside.
  case done
  /// There is no use in this way to the beacon; perhaps in another one.
  case unanswered
}
