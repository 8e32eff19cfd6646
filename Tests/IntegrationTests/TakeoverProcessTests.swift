import Foundation
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Synchronization
import Testing

/// Two processes: one serves nodes that talk, and the other takes over from it.
@Suite("A beacon that takes over from another process", .timeLimit(.minutes(1)))
struct TakeoverProcessTests {
  /// Frames from one node to another, each with its number.
  private final class Flow: Sendable {
    /// So many are on their way at most: none is to be lost for want of room.
    private static let window = 64

    let sent = Atomic<UInt64>(0)
    private let taken = Mutex<(numbers: Set<UInt64>, twice: Int)>(([], 0))

    var received: Int { taken.withLock { $0.numbers.count } }
    var twice: Int { taken.withLock { $0.twice } }
    var hasRoom: Bool { Int(sent.load(ordering: .relaxed)) - received < Self.window }

    func take(_ payload: [UInt8]) {
      let number = payload.reduce(0) { $0 << 8 | UInt64($1) }
      taken.withLock { taken in
        if !taken.numbers.insert(number).inserted { taken.twice += 1 }
      }
    }

    func nextPayload() -> [UInt8] {
      let number = sent.add(1, ordering: .relaxed).oldValue
      return (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
  }

  private struct Pair: Hashable {
    let sender: NodeID
    let destination: NodeID
  }

  private final class Traffic: Sendable {
    let flows: [Pair: Flow]
    let isOver = Atomic<Bool>(false)
    let listening = Atomic<Int>(0)

    /// From each to each.
    init(among nodes: [RawNode]) {
      var flows: [Pair: Flow] = [:]
      for sender in nodes {
        for other in nodes where other.id != sender.id {
          flows[Pair(sender: sender.id, destination: other.id)] = Flow()
        }
      }
      self.flows = flows
    }

    var sent: UInt64 { flows.values.reduce(0) { $0 + $1.sent.load(ordering: .relaxed) } }

    var lost: Int { Int(sent) - flows.values.reduce(0) { $0 + $1.received } }

    /// How many frames of whom to whom.
    var missing: [String] {
      flows.compactMap { pair, flow in
        let count = Int(flow.sent.load(ordering: .relaxed)) - flow.received
        return count == 0 ? nil : "\(count) of \(pair.sender) to \(pair.destination)"
      }
    }

    func listen(_ node: RawNode) async throws {
      var receiver = try node.transport.makeReceiver()
      if node.beacon != .wssBeacon { try await node.register(&receiver) }
      listening.add(1, ordering: .relaxed)
      while let (sender, payload) = try await Self.next(&receiver) {
        flows[Pair(sender: sender, destination: node.id)]?.take(payload)
      }
    }

    /// nil once the transport is closed.
    private static func next(_ receiver: inout Receiver) async throws -> (sender: NodeID, payload: [UInt8])? {
      do {
        return try await receiver.delivery()
      } catch {
        guard (error as? TransportError)?.code == .closed else { throw error }
        return nil
      }
    }

    func send(from node: RawNode) async throws {
      while !isOver.load(ordering: .relaxed) {
        try Task.checkCancellation()
        for (pair, flow) in flows where pair.sender == node.id && flow.hasRoom {
          try await node.relayInTurn(flow.nextPayload(), to: pair.destination)
        }
        await Task.yield()
      }
    }

    /// Waits until so many more have been sent.
    func flow(_ count: UInt64) async throws {
      let goal = sent + count
      while sent < goal {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
  }

  @Test("Each frame that nodes send meanwhile arrives once or is counted, and nobody registers anew")
  func traffic() async throws {
    try await withNodesFile(1...4, of: TestBeacon.identity) { file in
      let path = file.deletingLastPathComponent().appendingPathComponent("s").path
      let arguments = [
        "--takeover", path, "--name", "127.0.0.1", "--drain-window", "4", "--http", "127.0.0.1:0",
        // Nothing is dropped for its age, or for its rate.
        "--max-frame-age", "60", "--relay-rate", "0",
      ]
      let old = try await BeaconProcess.start(nodes: file, arguments)
      defer { old.kill() }
      let nodes = [
        try Self.bind(1, at: old.udp), try Self.bind(2, at: old.udp),
        try await Self.connect(3, to: old.url), try await Self.connect(4, to: old.url),
      ]
      let traffic = Traffic(among: nodes)
      let new = try await withThrowingTaskGroup(of: Void.self) { group in
        for node in nodes { group.addTask { try await traffic.listen(node) } }
        while traffic.listening.load(ordering: .relaxed) < nodes.count { await Task.yield() }
        for node in nodes { group.addTask { try await traffic.send(from: node) } }
        try await traffic.flow(1_000)
        let new = try await BeaconProcess.start(udp: "\(old.udp)", wss: "\(old.wss)", nodes: file, arguments)
        do {
          while old.status == nil { try await traffic.flow(1) }
          try await traffic.flow(1_000)
          traffic.isOver.store(true, ordering: .relaxed)
          // A node that doesn't come over before the drain ends is without a connection for a moment. What is lost then is counted.
          let patience = ContinuousClock.now.advanced(by: .seconds(20))
          while try await traffic.lost != Self.counted(by: new), ContinuousClock.now < patience { await Task.yield() }
          if try await traffic.lost != Self.counted(by: new) {
            let drops = nodes.map { "\($0.id): \($0.transport.counters.drops)" }
            Issue.record("missing: \(traffic.missing)\n\(drops)\n\(try await Self.counters(of: new))")
          }
          for node in nodes { node.transport.close() }
          try await group.waitForAll()
        } catch {
          new.kill()
          throw error
        }
        return new
      }
      defer { new.kill() }
      #expect(old.status == 0)
      #expect(traffic.flows.values.allSatisfy { $0.twice == 0 })
      let metrics = try await Self.metrics(of: new)
      let discovers = metrics.filter { $0.hasPrefix("pilot_beacon_discovers_total{") }
      #expect(!discovers.isEmpty && discovers.allSatisfy { $0.hasSuffix(" 0") }, "\(discovers)")
      #expect(metrics.contains("pilot_beacon_takeover_nodes_total{result=\"taken\"} 2"))
      #expect(try await new.end() == 0)
    }
  }

  private static func metrics(of beacon: BeaconProcess) async throws -> [Substring] {
    try await HTTPExchange.answer(
      to: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", from: try #require(beacon.http)
    ).split(whereSeparator: \.isNewline)
  }

  /// Frames that it says were dropped.
  private static func counted(by beacon: BeaconProcess) async throws -> Int {
    let drops = ["pilot_beacon_dropped_total{", "pilot_beacon_takeover_frames_total{result=\"dropped\"}"]
    return try await metrics(of: beacon).filter { line in drops.contains { line.hasPrefix($0) } }
      .reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
  }

  /// Those that aren't zero.
  private static func counters(of beacon: BeaconProcess) async throws -> String {
    try await metrics(of: beacon).filter { !$0.hasPrefix("#") && !$0.hasSuffix(" 0") }.joined(separator: "\n")
  }

  private static func bind(_ node: UInt32, at beacon: Endpoint) throws -> RawNode {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    return RawNode(id: try RawNode.id(node), transport: try UDPTransport.bind(configuration), beacon: beacon)
  }

  private static func connect(_ node: UInt32, to url: WSSURL) async throws -> RawNode {
    let id = try RawNode.id(node)
    var configuration = WSSTransport.Configuration(beacon: url, node: id, identity: TestBeacon.identity)
    configuration.outgoing.age = .seconds(60)
    return RawNode(id: id, transport: try await WSSTransport.connect(configuration), beacon: .wssBeacon)
  }
}
