import PilotConsole
import PilotTransport
import PilotWire

/// What connected peers cost a beacon: processor time to let each in, and memory before and after each has had some frames.
struct RelayIdle: Sendable {
  let carrier: BenchCarrier
  let peers: Int
  /// Bytes of the relayed payload.
  let length: Int
  let output: BenchOutput

  /// Peers that connect, or have traffic, at the same time. A beacon turns away who comes in too large a crowd.
  private static let crowd = 64
  /// How long memory must stand still to be taken for what it is.
  private static let silence = Silence(limit: .milliseconds(500), interval: .milliseconds(50))

  /// Opens all peers, and measures.
  func run(at beacon: MeasuredBeacon, numbers: NodeNumbers) async throws -> IdleResult {
    guard let process = beacon.process, beacon.residentBytes != nil else {
      throw CommandFailure.usage(
        "the beacon's memory isn't known", hint: "give its process with --beacon-pid, on the same machine")
    }
    // What the first peer brings about, later ones find there.
    let first = try await beacon.open(carrier, numbers)
    defer { first.leave() }
    try await IdlePeer(node: first).exchange(length: length)
    let before = await Self.settledBytes(of: process)
    let work = beacon.processorTime ?? .zero
    let opened = try await open(beacon, numbers)
    defer { opened.forEach { $0.node.leave() } }
    let attached = await Self.settledBytes(of: process)
    let connecting = (beacon.processorTime ?? .zero) - work
    try await inCrowds(opened, doing: "have traffic") { try await $0.exchange(length: length) }
    let after = await Self.settledBytes(of: process)
    try Task.checkCancellation()
    return IdleResult(
      carrier: carrier, peers: peers, length: length, connecting: connecting / peers,
      bytesPerPeer: (attached - before) / peers, bytesPerPeerAfterTraffic: (after - before) / peers)
  }

  private func open(_ beacon: MeasuredBeacon, _ numbers: NodeNumbers) async throws -> [IdlePeer] {
    try await inCrowds(Array(0..<peers), doing: "connected") { _ in
      IdlePeer(node: try await beacon.open(carrier, numbers))
    }
  }

  @discardableResult
  private func inCrowds<Item: Sendable, Outcome: Sendable>(
    _ items: [Item], doing what: String, _ work: @escaping @Sendable (Item) async throws -> Outcome
  ) async throws -> [Outcome] {
    try await withThrowingTaskGroup(of: Outcome.self) { group in
      var outcomes: [Outcome] = []
      for (index, item) in items.enumerated() {
        if index >= Self.crowd, let outcome = try await group.next() { outcomes.append(outcome) }
        output.status("idle, \(carrier.rawValue): \(index) of \(peers) \(what)")
        group.addTask { try await work(item) }
      }
      for try await outcome in group { outcomes.append(outcome) }
      return outcomes
    }
  }

  /// The memory when it changes no more.
  private static func settledBytes(of process: Int32) async -> Int {
    let bytes = { ProcessMemory.residentBytes(of: process) ?? 0 }
    _ = await silence.end(of: bytes, expected: .max)
    return bytes()
  }
}
