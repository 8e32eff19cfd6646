import FoundationEssentials
import Logging
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire

/// Registers nodes at a beacon, sends them frames, and has another beacon take over meanwhile.
struct TakeoverBench: Sendable {
  let nodes: Int
  let rate: Int
  let output: BenchOutput

  /// How long frames flow before the takeover, and after it.
  private static let span: Duration = .seconds(3)
  /// Bytes that each frame carries.
  private static let payload = 100

  func run() async throws {
    let folder = "/tmp/pilot-takeover-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var configuration = BeaconServer.Configuration()
    configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    configuration.takeover = folder + "/socket"
    configuration.router.nodeCapacity = nodes + 1
    configuration.router.nodesPerSource = nodes + 1
    configuration.router.discoversPerSource = 10_000_000
    configuration.router.relayRate = 0
    let first = try await Running(configuration)
    configuration.udp = first.server.addresses.udp
    let sink = try TakeoverSink(nodes: nodes - 1, at: configuration.udp)
    async let served: Void = sink.serve()
    do {
      output.status("registering")
      try await sink.register(at: configuration.udp) { output.status("\($0) of \(nodes) registered") }
      let result = try await measure(first, configuration, sink)
      sink.close()
      try await served
      try await output.add(result.json)
      var table = TakeoverResult.table
      table.add(result.row)
      try await output.add(table)
    } catch {
      sink.close()
      first.server.stop()
      throw error
    }
  }

  private func measure(
    _ first: Running, _ configuration: BeaconServer.Configuration, _ sink: TakeoverSink
  ) async throws -> TakeoverResult {
    let sender = try TakeoverSender(to: configuration.udp, destinations: sink.ids, payload: Self.payload)
    defer { sender.close() }
    try await sender.register()
    output.status("sending")
    async let sent = sender.send(rate: rate)
    try await Task.sleep(for: Self.span)
    let calm = sink.takeGap()
    output.status("taking over")
    let began = MonotonicInstant.now()
    let second = try await Running(configuration)
    // Whatever is thrown from here on, it ends with this call.
    defer { second.server.stop() }
    let serving = began.duration(to: .now())
    try await first.end.value
    try await Task.sleep(for: Self.span)
    let silence = sink.takeGap()
    sender.stop()
    let total = try await sent
    await sink.awaitQuiet()
    let statistics = [first.server.statistics, second.server.statistics]
    second.server.stop()
    try await second.end.value
    var counted = sink.kernelDrops
    for statistics in statistics {
      counted += statistics.router.drops.total + statistics.refusedByKernel + statistics.udp.drops[.refusedByKernel]
    }
    // The kernel counts by the socket, so that the second one's count has the first one's.
    counted += statistics[1].udp.drops[.kernelBufferFull]
    return TakeoverResult(
      nodes: statistics[1].takeover.nodesTaken, rate: Double(total.frames) / total.elapsed.seconds,
      gap: statistics[0].takeover.gap,
      calm: calm, silence: silence, serving: serving, sent: total.frames, received: sink.received,
      counted: Int(clamping: counted))
  }

  /// A beacon that runs.
  struct Running: Sendable {
    let server: BeaconServer
    let end: Task<Void, any Error>

    /// Starts one, and returns when it serves.
    init(_ configuration: BeaconServer.Configuration) async throws {
      let (serving, isServing) = AsyncStream.makeStream(of: Void.self)
      var configuration = configuration
      configuration.whenServing = { _ in isServing.yield() }
      let server = try await BeaconServer.start(
        configuration, keys: StaticKeyDirectory([:]),
        logger: Logger(label: "pilot.bench") { _ in SwiftLogNoOpLogHandler() })
      end = Task {
        defer { isServing.finish() }
        try await server.run()
      }
      self.server = server
      for await _ in serving { return }
      try await end.value
      throw CommandFailure("a beacon has ended before it served")
    }
  }
}
