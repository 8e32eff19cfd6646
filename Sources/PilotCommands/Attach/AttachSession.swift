import Logging
import PilotConsole
import PilotFixtures
import PilotNode
import PilotTransport
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
    if try await serveOverUDP(&books) == .unanswered, let wss = plan.wss, !Task.isCancelled {
      _ = await serve(try await Node.start(wss), on: .wss, readingInput: true, &books)
    }
    output.write(.closed(books))
    try output.finish()
  }

  /// Where UDP can't be had at all, that is a reason to take the other way, if there is one.
  private func serveOverUDP(_ books: inout TransportCounters) async throws -> AttachOutcome {
    guard let udp = plan.udp else { return .unanswered }
    let addresses: [Endpoint]
    let node: Node
    do {
      addresses = try await resolve(udp)
      node = try Node.start(udp, at: addresses)
    } catch {
      if Task.isCancelled { return .done }
      guard plan.wss != nil else { throw error }
      let reason = CommandFailure(error).description
      logger.warning("UDP can't be had, going on over WebSocket", metadata: ["reason": "\(reason)"])
      return .unanswered
    }
    // Of several addresses the right one has to be found first, and of two ways.
    return await serve(node, on: .udp, readingInput: addresses.count == 1 && plan.wss == nil, &books)
  }

  /// With another way at hand, a name server has as long as the beacon. Without one, a name that can't be resolved is looked
  /// up again while the node is there.
  ///
  /// - Returns: What the name stands for; nothing if that isn't known yet.
  private func resolve(_ udp: Node.Configuration) async throws -> [Endpoint] {
    guard plan.wss != nil else {
      do throws(TransportError) {
        return try await udp.addresses()
      } catch {
        guard error.code == .resolveFailed else { throw error }
        logger.warning("The beacon's name is looked up again", metadata: ["reason": "\(error.message)"])
        return []
      }
    }
    return try await withThrowingTaskGroup(of: [Endpoint]?.self) { group in
      group.addTask { try await udp.addresses() }
      group.addTask {
        try await Task.sleep(for: BeaconLink.Configuration().patience)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let addresses = first else {
        throw CommandFailure("the name in \(udp.beacon) was not resolved in time", hint: "check the name server")
      }
      return addresses
    }
  }

  private func serve(
    _ node: Node, on carrier: Carrier, readingInput: Bool, _ books: inout TransportCounters
  ) async -> AttachOutcome {
    let attached = AttachNode(
      node, on: carrier, hasAlternative: carrier == .udp && plan.wss != nil, output: output, logger: logger)
    output.whenClosed { node.leave() }
    let outcome = await withTaskCancellationHandler {
      await attached.serve(readingInput: readingInput)
    } onCancel: {
      node.leave()
    }
    books += node.counters.transport
    return outcome
  }
}
