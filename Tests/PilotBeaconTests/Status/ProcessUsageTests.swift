import Logging
import PilotIdentity
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

/// What a process takes, and the limits that this and other gauges come near to.
@Suite(.timeLimit(.minutes(1)))
struct ProcessUsageTests {
  private func usage(_ statm: String, milliseconds: UInt64 = 0) -> ProcessUsage? {
    ProcessUsage(
      statm: statm, pageBytes: 4_096, processorMilliseconds: milliseconds, openDescriptors: 7, descriptorLimit: 64)
  }

  @Test func `the second field is what is in memory`() {
    #expect(usage("1000 25 3 4 0 5 0\n")?.residentBytes == 102_400)
    for broken in ["", "1000", "1000 x 3"] { #expect(usage(broken) == nil) }
  }

  #if os(Linux)
    @Test func `this process has memory, descriptors and a past`() throws {
      let usage = try #require(ProcessUsage.current)
      #expect(usage.residentBytes > 1 << 20 && usage.processorMilliseconds > 0)
      #expect((3...usage.descriptorLimit).contains(usage.openDescriptors))
    }
  #endif

  @Test func `the metrics have them, and the limits that are in force`() async throws {
    var configuration = BeaconServer.Configuration()
    configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    configuration.wss = BeaconServer.Configuration.WebSocket(address: configuration.udp)
    configuration.wss?.limits.maximumConnections = 3
    configuration.router.nodeCapacity = 7
    let server = try await BeaconServer.start(
      configuration, keys: StaticKeyDirectory([:]), logger: .init(label: "test") { _ in SwiftLogNoOpLogHandler() })
    async let serving: Void = server.run()
    func lines(_ milliseconds: UInt64) -> Set<Substring> {
      let metrics = BeaconMetrics(
        server.statistics, startedAt: 1, watchers: 0, droppedWatchers: 0,
        usage: usage("1000 25", milliseconds: milliseconds))
      return Set(metrics.exposition.split(separator: "\n"))
    }
    #expect(
      lines(12_007).isSuperset(of: [
        "process_resident_memory_bytes 102400", "process_cpu_seconds_total 12.007", "process_open_fds 7",
        "process_max_fds 64", "pilot_beacon_nodes_limit 7", "pilot_beacon_connections_limit 3",
        "# TYPE process_cpu_seconds_total counter", "# TYPE process_open_fds gauge",
      ]))
    configuration.wss?.limits.maximumConnections = 2
    server.adoptLimits(of: configuration)
    #expect(lines(0).isSuperset(of: ["pilot_beacon_connections_limit 2", "process_cpu_seconds_total 0.000"]))
    server.stop()
    try await serving
  }
}
