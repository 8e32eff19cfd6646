import PilotConsole
import PilotTransport
import PilotWire

/// The receiving end alone, for a sender in another program.
struct UDPBenchReceiver: Sendable {
  let plan: UDPBenchPlan
  let output: BenchOutput

  /// How long nothing may come behind the first datagram.
  private static let silence = Silence(limit: .milliseconds(500))

  /// Says where it is bound, receives until nothing comes any more, and tells what came.
  func run() async throws {
    guard let benchCase = plan.cases.first else { return }
    let sink = try CountingSocket(addresses: plan.addresses(for: benchCase), at: plan.bindTo)
    defer { sink.close() }
    async let _ = sink.serve(benchCase == .roundTrip ? .echo : .count)
    let idle = await sink.processorTime()
    let endpoints = sink.endpoints.map { JSONValue.string("\($0)") }
    try await Console.standard.print(
      .object(present: [
        "event": "ready", "udp": endpoints.first, "all": endpoints.count > 1 ? .array(endpoints) : nil,
      ]))
    guard let span = await Self.silence.span(of: { sink.received }) else { return }
    try Task.checkCancellation()
    var result = DatagramResult(
      benchCase: benchCase, length: sink.lastLength, elapsed: span.first.duration(to: span.last))
    result.received = sink.received
    result.receiverTime = await sink.processorTime() - idle
    try await output.add(result.json)
    var table = DatagramResult.table
    table.add(result.row)
    try await output.add(table)
  }
}
