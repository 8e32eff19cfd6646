import ArgumentParser
import PilotConsole
import PilotIdentity
import PilotWire
import Testing

@testable import PilotBench

@Suite("What pilot bench is asked for")
struct BenchSettingsTests {
  private func settings(
    _ command: any ParsableCommand.Type, _ section: SettingsSection, _ environment: [String: String] = [:]
  ) throws -> Settings {
    try Settings(GlobalOptions.parse([]), of: command, section: section, environment: environment)
  }

  private func udp(_ arguments: String..., environment: [String: String] = [:]) async throws -> UDPBenchPlan {
    try UDPBenchCommand.parse(arguments).plan(settings(UDPBenchCommand.self, .benchUDP, environment))
  }

  private func relay(_ arguments: String..., environment: [String: String] = [:]) async throws -> RelayBenchPlan {
    try RelayBenchCommand.parse(arguments).plan(settings(RelayBenchCommand.self, .benchRelay, environment))
  }

  @Test("UDP is measured in all cases and three lengths unless something else is said")
  func udpDefaults() async throws {
    let plan = try await udp()
    #expect(plan.role == .both)
    #expect(plan.cases == UDPBenchCase.allCases)
    #expect(plan.lengths == [64, 1_200, 4_096])
    #expect(plan.duration == .seconds(1))
    #expect(plan.addresses(for: .mixed) == 16)
    #expect(plan.addresses(for: .bulk) == 1)
  }

  @Test("flags win over the environment")
  func udpSources() async throws {
    let environment = ["PILOT_BENCH_UDP_LENGTH": "100,200", "PILOT_BENCH_UDP_SECONDS": "0.25"]
    #expect(try await udp(environment: environment).lengths == [100, 200])
    #expect(try await udp(environment: environment).duration == .milliseconds(250))
    #expect(try await udp("--length", "300", environment: environment).lengths == [300])
    await #expect(throws: CommandFailure.self) { try await udp(environment: ["PILOT_BENCH_UDP_CASE": "all"]) }
  }

  @Test(
    "what doesn't go together is refused",
    arguments: [
      ["--role", "send"], ["--role", "receive"], ["--peer", "127.0.0.1:1"], ["--length", "0"], ["--length", "65508"],
      ["--seconds", "0"], ["--seconds=-1"], ["--senders", "0"], ["--bind", "nowhere"],
    ])
  func udpRefusals(arguments: [String]) async throws {
    let settings = try settings(UDPBenchCommand.self, .benchUDP)
    let failure = try #require(throws: CommandFailure.self) {
      try UDPBenchCommand.parse(arguments).plan(settings)
    }
    #expect(failure.status == .usage)
  }

  @Test("a flood from UDP nodes is measured both ways, one from others by the batch")
  func variants() async throws {
    let plan = try await relay()
    #expect(plan.modes == [.flood, .ping])
    #expect(plan.cells(of: .flood) == BenchCell.allCases)
    #expect(plan.variants(of: .udpToWS) == [false, true])
    #expect(plan.variants(of: .wsToUDP) == [true])
    #expect(try await relay("--single").variants(of: .udpToUDP) == [false])
    #expect(try await relay("--single").variants(of: .wssToWSS) == [false])
    #expect(try await relay("--single", "--batched").variants(of: .udpToUDP) == [false, true])
    #expect(try await relay("--mode", "stall").cells(of: .stall) == [.wssToWSS, .udpToUDP])
    #expect(try await relay("--cell", "ws-ws").cells(of: .stall) == [.wsToWS])
  }

  @Test("a cell's name says what it needs", arguments: BenchCell.allCases)
  func cells(cell: BenchCell) {
    #expect(cell.rawValue == "\(cell.from.rawValue)-\(cell.to.rawValue)")
    #expect(cell.carriers == [cell.from, cell.to])
  }

  @Test("a beacon's addresses decide which carriers there are")
  func foreignBeacon() async throws {
    let command = try RelayBenchCommand.parse(["--udp", "127.0.0.1:9001", "--url", "wss://localhost:1"])
    let beacon = try #require(try command.foreignBeacon(settings(RelayBenchCommand.self, .benchRelay)))
    #expect(beacon.carriers == [.udp, .wss])
    #expect(BeaconSupply.foreign(beacon).has([.udp, .wss]))
    #expect(!BeaconSupply.foreign(beacon).has([.ws]))
    #expect(try RelayBenchCommand.parse([]).foreignBeacon(settings(RelayBenchCommand.self, .benchRelay)) == nil)
    let lost = try RelayBenchCommand.parse(["--beacon-pid", "1"])
    let settings = try settings(RelayBenchCommand.self, .benchRelay)
    #expect(throws: CommandFailure.self) { try lost.foreignBeacon(settings) }
  }

  @Test("UDP nodes have numbers that nobody proves, others those behind the first")
  func numbers() throws {
    let first = try #require(NodeID(5))
    let numbers = NodeNumbers(identity: .init(), path: nil, first: first)
    #expect(try numbers.take(2, for: .ws).map(\.rawValue) == [5, 6])
    #expect(try numbers.take(1, for: .wss).map(\.rawValue) == [7])
    let udp = try numbers.take(3, for: .udp).map(\.rawValue)
    #expect(udp[0] >= 0x8000_0000)
    #expect(udp == [udp[0], udp[0] + 1, udp[0] + 2])
    #expect(try numbers.take(1, for: .udp)[0].rawValue == udp[2] + 1)
  }
}
