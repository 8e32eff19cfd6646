import PilotConsole
import PilotNode
import PilotTransport
import PilotWire

/// The nodes that a flood goes to: one, or as many as wanted, registered from a few sockets.
struct NodePopulation: Sendable {
  /// A node with a socket or connection of its own, and others that are registered from the same socket.
  struct Socket: Sendable {
    let node: BenchNode
    /// All of them, that node first.
    let ids: [NodeID]
  }

  let sockets: [Socket]

  /// Sockets, if there are many nodes.
  private static let socketCount = 4
  /// Nodes that the measurement has besides: the sender.
  private static let others = 1

  /// Opens the sockets.
  ///
  /// - Parameter registered: How many nodes the beacon shall know in all; nil for just those that are needed.
  static func open(
    _ carrier: BenchCarrier, at beacon: MeasuredBeacon, _ numbers: NodeNumbers, _ registered: Int?
  ) async throws -> NodePopulation {
    guard carrier == .udp, let registered, let udp = beacon.udp else {
      let node = try await beacon.open(carrier, numbers)
      return NodePopulation(sockets: [Socket(node: node, ids: [node.id])])
    }
    var sockets: [Socket] = []
    let wanted = max(registered - others, 1)
    for index in 0..<min(socketCount, wanted) {
      let share = wanted / socketCount + (index < wanted % socketCount ? 1 : 0)
      let ids = try numbers.take(share, for: .udp)
      guard let first = ids.first else { break }
      sockets.append(Socket(node: try BenchNode(udp: udp, id: first, identity: numbers.identity), ids: ids))
    }
    return NodePopulation(sockets: sockets)
  }

  /// Where a flood's frames go.
  var destinations: FloodDestinations {
    FloodDestinations(sockets.map { .init(first: $0.node.id.rawValue, count: UInt32($0.ids.count)) })
  }

  /// Makes all nodes known to the beacon, while other tasks serve the sockets.
  func register() async throws {
    for socket in sockets {
      try await socket.node.awaitReady()
      try await socket.registerOthers()
    }
  }

  /// Closes the sockets.
  func close() {
    sockets.forEach { $0.node.leave() }
  }
}

extension NodePopulation.Socket {
  /// Nodes that are announced before the answers are awaited.
  private static let stretch = 256
  /// How long answers may be missing until the same nodes are announced again.
  private static let patience: Duration = .milliseconds(100)
  private static let attempts = 20

  /// Makes those known that the node isn't itself.
  fileprivate func registerOthers() async throws {
    try await node.answers.whileOpening(every: Self.patience) {
      var rest = ids.dropFirst()
      while !rest.isEmpty {
        try await announce(rest.prefix(Self.stretch))
        rest = rest.dropFirst(Self.stretch)
      }
    }
  }

  /// Announces nodes until all of them have been answered. Which one an answer is for can't be seen, so all of them go
  /// again.
  private func announce(_ nodes: ArraySlice<NodeID>) async throws {
    let (answers, announcements) = (node.answers, nodes.map { Discover(node: $0).encoded() })
    for _ in 0..<Self.attempts {
      try Task.checkCancellation()
      let goal = answers.delivered + nodes.count
      do throws(TransportError) {
        for announcement in announcements { try node.node.send(frame: announcement.span.raw, to: node.node.beacon) }
      } catch {
        // Those that found a queue full go with the next attempt.
        guard error.code == .backpressure else { throw error }
      }
      let end = MonotonicInstant.now().advanced(by: Self.patience)
      while answers.delivered < goal, MonotonicInstant.now() < end, !Task.isCancelled {
        await answers.wait(until: goal)
      }
      if answers.delivered >= goal { return }
    }
    throw CommandFailure("the beacon at \(node.node.beacon) doesn't answer all nodes that register", hint: "take fewer")
  }
}
