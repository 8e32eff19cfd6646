import PilotConsole
import PilotTransport
import PilotUDP
import PilotWire

/// Sends, with the receiving end in this process or elsewhere, and tells what that gave.
struct UDPBench: Sendable {
  let plan: UDPBenchPlan
  let output: BenchOutput

  /// How long nothing may come behind the last frame sent.
  private static let silence = Silence(limit: .milliseconds(200))

  /// Measures all that is asked for.
  func run() async throws {
    var datagrams = DatagramResult.table
    var trips = RoundTripResult.table
    for benchCase in plan.cases {
      for length in plan.lengths {
        output.status("\(benchCase.rawValue), \(length) bytes")
        if benchCase == .roundTrip {
          let result = try await roundTrips(length)
          try await output.add(result.json)
          trips.add(result.row)
          continue
        }
        for senders in benchCase == .senders ? [1, plan.senders] : [1] {
          let result = try await flood(benchCase, length: length, senders: senders)
          try Task.checkCancellation()
          try await output.add(result.json)
          datagrams.add(result.row)
        }
      }
    }
    try await output.add(datagrams)
    try await output.add(trips)
  }

  private func flood(_ benchCase: UDPBenchCase, length: Int, senders: Int) async throws -> DatagramResult {
    let sink =
      plan.role == .both ? try CountingSocket(addresses: plan.addresses(for: benchCase), at: plan.bindTo) : nil
    defer { sink?.close() }
    let destinations = sink?.endpoints ?? Array(benchCase == .mixed ? plan.peers[...] : plan.peers.prefix(1))
    async let _ = sink?.serve(.count)
    let idle = await sink?.processorTime() ?? .zero
    let sent = try await send(benchCase, length: length, senders: senders, to: destinations)
    var result = DatagramResult(benchCase: benchCase, length: length, elapsed: sent.elapsed)
    result.senders = benchCase == .senders ? senders : nil
    result.sent = sent.frames
    result.senderTime = sent.processorTime
    guard let sink else { return result }
    let end = MonotonicInstant.now()
    result.elapsed += end.duration(to: await Self.silence.end(of: { sink.received }, expected: sent.frames))
    result.received = sink.received
    result.receiverTime = await sink.processorTime() - idle
    return result
  }

  /// Each sender has a thread of its own, that of a transport which has nothing else to do, and all of them send through
  /// the same transport.
  private func send(
    _ benchCase: UDPBenchCase, length: Int, senders: Int, to destinations: [Endpoint]
  ) async throws -> DatagramGenerator.Tally {
    let transports = try (0..<senders).map { _ in try Self.bind(towards: destinations) }
    defer { transports.forEach { $0.close() } }
    guard let shared = transports.first else { return DatagramGenerator.Tally() }
    let generator = DatagramGenerator(
      transport: shared, destinations: destinations, length: length, duration: plan.duration)
    return try await withThrowingTaskGroup(of: DatagramGenerator.Tally.self) { group in
      for transport in transports {
        group.addTask(executorPreference: transport.executor) {
          switch benchCase {
          case .bulk, .mixed: try generator.sendInBatches()
          case .single, .senders, .roundTrip: try generator.sendOneByOne()
          }
        }
      }
      return try await group.reduce(into: DatagramGenerator.Tally()) { sum, tally in
        sum.frames += tally.frames
        sum.processorTime += tally.processorTime
        sum.elapsed = max(sum.elapsed, tally.elapsed)
      }
    }
  }

  private func roundTrips(_ length: Int) async throws -> RoundTripResult {
    let sink = plan.role == .both ? try CountingSocket(addresses: 1, at: plan.bindTo) : nil
    defer { sink?.close() }
    let destinations = sink?.endpoints ?? Array(plan.peers.prefix(1))
    async let _ = sink?.serve(.echo)
    guard let peer = destinations.first else { throw CommandFailure.usage("the sending end needs a peer") }
    let transport = try Self.bind(towards: destinations)
    defer { transport.close() }
    return try await RoundTrips(transport: transport, peer: peer, length: length, duration: plan.duration).measure()
  }

  /// A socket that reaches these destinations, on loopback if they are there.
  private static func bind(towards destinations: [Endpoint]) throws(TransportError) -> UDPTransport {
    var configuration = UDPTransport.Configuration()
    if destinations.allSatisfy({ $0.ipv4Address.map { $0 >> 24 == 127 } ?? false }) {
      configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    }
    return try UDPTransport.bind(configuration)
  }
}
