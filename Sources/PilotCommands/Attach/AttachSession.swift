import Logging
import PilotConsole
import PilotFixtures
import PilotNode
import PilotTransport
import PilotUDP
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
    guard let beacon = plan.udp else { return .unanswered }
    let addresses: [Endpoint]
    let node: Node
    do {
      addresses = try await resolve(beacon)
      node = try Node(
        id: plan.node, identity: plan.identity, on: try UDPTransport.bind(),
        path: .datagrams(beacon: addresses[0], others: Array(addresses.dropFirst())),
        dialled: BeaconName(host: beacon.name, port: beacon.port))
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

  /// With another way at hand, a name server has as long as the beacon.
  private func resolve(_ beacon: AttachPlan.Host) async throws -> [Endpoint] {
    guard plan.wss != nil else { return try await HostAddresses.resolve(beacon.name, port: beacon.port) }
    return try await withThrowingTaskGroup(of: [Endpoint]?.self) { group in
      group.addTask { try await HostAddresses.resolve(beacon.name, port: beacon.port) }
      group.addTask {
        try await Task.sleep(for: BeaconLink.Configuration().patience)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let addresses = first else {
        throw CommandFailure("the name \(beacon.name) was not resolved in time", hint: "check the name server")
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
