import PilotConsole
import PilotTransport
import PilotUDP
import PilotWire

/// Measures what goes through `pilot forward`, by one path after the other.
struct ForwardBench: Sendable {
  let plan: ForwardBenchPlan
  let credentials: BenchCredentials
  let output: BenchOutput

  /// How often a waiting sender looks at the clock.
  private static let pulse: Duration = .milliseconds(20)

  /// Measures all that is asked for.
  func run() async throws {
    var floods = ForwardFloodResult.table
    var trips = ForwardRoundTripResult.table
    for path in plan.paths {
      for benchCase in plan.cases {
        output.status("\(path.rawValue), \(benchCase.rawValue)")
        switch benchCase {
        case .bulk, .single:
          let result = try await flood(path, benchCase)
          try await output.add(result.json)
          floods.add(result.row)
        case .roundTrip:
          let result = try await roundTrips(path)
          try await output.add(result.json)
          trips.add(result.row)
        }
        try Task.checkCancellation()
      }
    }
    try await output.add(floods)
    try await output.add(trips)
  }

  private func flood(_ path: ForwardBenchPath, _ benchCase: ForwardBenchCase) async throws -> ForwardFloodResult {
    let gate = DeliveryGate()
    let sink = try ForwardSink(length: plan.length, gate: gate)
    let client = try UDPTransport.onLoopback()
    defer { client.close() }
    async let invalid = sink.serve()
    var result = try await ForwardPair.with(path, to: sink.endpoint, credentials) { pair in
      defer { sink.close() }
      let before = pair.work
      let flood = FloodSender(window: plan.window, duration: plan.duration, gate: gate)
      let sent = try await gate.whileOpening(every: Self.pulse) {
        try await withTaskExecutorPreference(client.executor) {
          var outlet = SocketOutlet(client, to: pair.door, length: plan.length, isBatched: benchCase == .bulk)
          return try await flood.send(by: &outlet)
        }
      }
      return ForwardFloodResult(
        path: path, benchCase: benchCase, length: plan.length, window: plan.window, sent: sent.frames,
        delivered: gate.delivered, elapsed: sent.elapsed, work: pair.work - before)
    }
    result.invalid = try await invalid
    return result
  }

  private func roundTrips(_ path: ForwardBenchPath) async throws -> ForwardRoundTripResult {
    let sink = try CountingSocket(addresses: 1, at: Endpoint(ipv4: 127, 0, 0, 1, port: 0))
    async let _ = sink.serve(.echo)
    defer { sink.close() }
    let service = sink.endpoints[0]
    let forwarded = try await ForwardPair.with(path, to: service, credentials) { try await trips(to: $0.door) }
    return ForwardRoundTripResult(path: path, forwarded: forwarded, bare: try await trips(to: service))
  }

  private func trips(to peer: Endpoint) async throws -> RoundTripResult {
    let client = try UDPTransport.onLoopback()
    defer { client.close() }
    return try await RoundTrips(transport: client, peer: peer, length: plan.length, duration: plan.duration).measure()
  }
}
