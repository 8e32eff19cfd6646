import Foundation
import Testing

/// Whether each measurement measures, not how fast anything is: the figures are those of a busy machine.
@Suite("pilot bench", .timeLimit(.minutes(2)))
struct BenchTests {
  private typealias Program = CommandLineProgram

  /// A line of results. Only what every machine gives.
  private struct Line: Decodable {
    var bench: String
    var mode: String?
    var `case`: String?
    var from: String?
    var to: String?
    var transport: String?
    var tls: Bool?
    var batched: Bool?
    var sent: Int?
    var received: Int?
    var delivered: Int?
    var lost: Int?
    var invalid: Int?
    var rounds: Int?
    var seconds: Double?
    var sender_cpu_us: Double?
    var receiver_cpu_us: Double?
    var beacon_cpu_s_per_million: Double?
    var beacon_rss_bytes: Int?
    var rtt_p50_us: Double?
    var rtt_p99_us: Double?
    var rtt_p99_stalled_us: Double?
    var latency_p50_us: Double?
    var path: String?
    var client_side_cpu_us: Double?
    var service_side_cpu_us: Double?
    var bare_rtt_p50_us: Double?
    var cpu_ms_per_connection: Double?
    var bytes_per_peer: Int?
    var bytes_per_peer_after_traffic: Int?
    var client_cpu_s_per_million: Double?
  }

  private func lines(_ outcome: Program.Outcome) throws -> [Line] {
    #expect(outcome.status == 0)
    #expect(outcome.error.isEmpty)
    return try outcome.output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test("forward: what is sent comes through, and both sides work", arguments: ["direct", "relay-udp", "relay-wss"])
  func forward(path: String) async throws {
    let lines = try lines(
      await Program.run(
        "bench", "forward", "--path", path, "--length", "100", "--window", "64", "--seconds", "0.2", "--json"))
    #expect(lines.map(\.case) == ["bulk", "single", "round-trip"])
    #expect(lines.allSatisfy { $0.bench == "forward" && $0.path == path })
    for line in lines.dropLast() {
      let (sent, delivered) = (try #require(line.sent), try #require(line.delivered))
      #expect(delivered > 0)
      #expect(line.lost == sent - delivered)
      #expect(line.invalid == nil)
      #expect(try #require(line.client_side_cpu_us) > 0)
      #expect(try #require(line.service_side_cpu_us) > 0)
    }
    let trips = try #require(lines.last)
    #expect(try #require(trips.rounds) > 0)
    #expect(try #require(trips.rtt_p50_us) > (try #require(trips.bare_rtt_p50_us)))
  }

  @Test("udp: what is sent is received or lost, and both sides work")
  func udp() async throws {
    let lines = try lines(
      await Program.run("bench", "udp", "--length", "64", "--seconds", "0.05", "--destinations", "3", "--json"))
    #expect(lines.map(\.case) == ["bulk", "mixed", "single", "senders", "senders", "round-trip"])
    for line in lines.dropLast() {
      let (sent, received) = (try #require(line.sent), try #require(line.received))
      #expect(received > 0)
      #expect(line.lost == sent - received)
      #expect(try #require(line.lost) >= 0)
      #expect(try #require(line.sender_cpu_us) > 0)
      #expect(try #require(line.receiver_cpu_us) > 0)
    }
    let trips = try #require(lines.last)
    #expect(try #require(trips.rounds) > 0)
    #expect(try #require(trips.rtt_p50_us) <= (try #require(trips.rtt_p99_us)))
  }

  @Test("udp: a sender and a receiver in processes of their own")
  func udpRoles() async throws {
    let receiver = try Program.process(["bench", "udp", "--role", "receive", "--case", "bulk", "--json"])
    let output = Pipe()
    receiver.standardOutput = output
    try receiver.run()
    let ready = try JSONDecoder().decode([String: String].self, from: output.fileHandleForReading.availableData)
    #expect(ready["event"] == "ready")
    let sent = try lines(
      await Program.run(
        "bench", "udp", "--role", "send", "--case", "bulk", "--length", "100", "--seconds", "0.05", "--peer",
        try #require(ready["udp"]), "--json"))
    let text = try await Program.contents(of: output)
    #expect(await Program.status(of: receiver) == 0)
    let received = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
    #expect(sent.count == 1)
    #expect(sent[0].received == nil)
    #expect(received.sent == nil)
    #expect(try #require(received.received) > 0)
    #expect(try #require(received.received) <= (try #require(sent[0].sent)))
  }

  @Test("relay: floods, pings and paced frames arrive as they were sent", arguments: ["udp-udp", "wss-udp", "ws-ws"])
  func relay(cell: String) async throws {
    let lines = try lines(
      await Program.run(
        "bench", "relay", "--cell", cell, "--mode", "flood", "--mode", "ping", "--mode", "paced", "--seconds", "0.1",
        "--json"))
    #expect(lines.map(\.mode) == (cell == "udp-udp" ? ["flood", "flood"] : ["flood"]) + ["ping", "paced"])
    for line in lines {
      #expect(try "\(#require(line.from))-\(#require(line.to))" == cell)
      #expect(line.invalid == nil)
      switch line.mode {
      case "flood":
        #expect(try #require(line.delivered) > 0)
        #expect(try #require(line.lost) >= 0)
        #expect(line.beacon_cpu_s_per_million != nil)
        #expect(try #require(line.beacon_rss_bytes) > 1 << 20)
      case "ping":
        #expect(try #require(line.rounds) > 0)
        #expect(try #require(line.rtt_p50_us) > 0)
      default:
        #expect(try #require(line.delivered) > 0)
        #expect(try #require(line.latency_p50_us) > 0)
      }
    }
  }

  @Test("relay: nodes that are only registered get their frames, too")
  func registeredNodes() async throws {
    let lines = try lines(
      await Program.run(
        "bench", "relay", "--cell", "udp-udp", "--mode", "flood", "--batched", "--registered-nodes", "2000",
        "--seconds",
        "0.1", "--json"))
    #expect(lines.count == 1)
    #expect(try #require(lines.first?.delivered) > 0)
    #expect(lines.first?.invalid == nil)
  }

  @Test("relay: peers that do nothing take memory, and one that reads nothing leaves others alone")
  func peers() async throws {
    let lines = try lines(
      await Program.run(
        "bench", "relay", "--cell", "wss-wss", "--mode", "idle", "--mode", "stall", "--idle-peers", "50", "--seconds",
        "0.2", "--json"))
    #expect(lines.map(\.mode) == ["idle", "stall"])
    #expect(lines[0].transport == "wss")
    let (idle, after) = (try #require(lines[0].bytes_per_peer), try #require(lines[0].bytes_per_peer_after_traffic))
    #expect(idle >= 0)
    #expect(try #require(lines[0].cpu_ms_per_connection) > 0)
    #expect(after >= idle)
    #expect(try #require(lines[1].rtt_p99_us) > 0)
    #expect(try #require(lines[1].rtt_p99_stalled_us) > 0)
  }

  @Test("wss: all that the client sends is received, in the clear and over TLS")
  func wss() async throws {
    let lines = try lines(await Program.run("bench", "wss", "--seconds", "0.1", "--json"))
    #expect(lines.map(\.tls) == [false, false, true, true])
    #expect(lines.map(\.batched) == [false, true, false, true])
    for line in lines {
      #expect(try #require(line.sent) > 0)
      #expect(line.received == line.sent)
      #expect(try #require(line.client_cpu_s_per_million) > 0)
    }
  }

  @Test("tables are for people, with a title and a row for each measurement")
  func table() async throws {
    let outcome = try await Program.run("bench", "udp", "--case", "bulk", "--case", "round-trip", "--seconds", "0.02")
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.filter { $0.hasPrefix("  bulk") }.count == 3)
    #expect(lines.filter { $0.hasPrefix("  round-trip") }.count == 3)
    #expect(lines.first?.hasPrefix(" ") == false)
  }

  #if os(Linux)
    @Test("SIGINT is exit 130, and no beacon is left behind")
    func interrupt() async throws {
      let bench = try Program.process(["bench", "relay", "--cell", "udp-udp", "--mode", "ping", "--seconds", "600"])
      bench.standardOutput = FileHandle.nullDevice
      try bench.run()
      var beacon = Self.child(of: bench.processIdentifier)
      while beacon == nil {
        await Task.yield()
        beacon = Self.child(of: bench.processIdentifier)
      }
      bench.interrupt()
      #expect(await Program.status(of: bench) == 130)
      #expect(kill(try #require(beacon), 0) == -1)
    }

    /// A process whose parent is this one.
    private static func child(of parent: pid_t) -> pid_t? {
      let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return processes.lazy.compactMap { pid_t($0) }.first { process in
        // proc_pid_stat(5): behind the name in parentheses come the state and the parent.
        guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
          let rest = String(decoding: stat, as: UTF8.self).split(separator: ")").last
        else { return false }
        return rest.split(separator: " ").dropFirst().first.flatMap { pid_t($0) } == parent
      }
    }
  #endif
}
