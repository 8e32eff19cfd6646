import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization
import Testing

@testable import PilotCommands

/// That `pilot doctor` tells each finding as soon as it can. What looks is a fake that goes on when a line was told: were lines
/// held back, nothing would end.
@Suite(.timeLimit(.minutes(1)))
struct ExaminationTests {
  /// What was told, for fakes that wait for it.
  private final class Told: Sendable {
    private struct State {
      var findings: [Finding] = []
      var waiting: [(DoctorCheck, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var findings: [Finding] { state.withLock { $0.findings } }

    func tell(_ finding: Finding) {
      let due = state.withLock { state in
        state.findings.append(finding)
        let due = state.waiting.filter { $0.0 == finding.check }
        state.waiting.removeAll { $0.0 == finding.check }
        return due
      }
      for (_, continuation) in due { continuation.resume() }
    }

    /// Waits until this was told.
    func heard(_ check: DoctorCheck) async {
      await withCheckedContinuation { continuation in
        let isTold = state.withLock { state in
          if state.findings.contains(where: { $0.check == check }) { return true }
          state.waiting.append((check, continuation))
          return false
        }
        if isTold { continuation.resume() }
      }
    }
  }

  private static let beacon = Endpoint(ipv4: 192, 0, 2, 10, port: 9_001)
  private static let done = ConnectionFacts.Step.done(.init(elapsed: .milliseconds(1), words: "done"))

  private func plan(_ beacons: String...) throws -> DoctorPlan {
    try DoctorPlan(
      beacons: beacons, node: nil, identity: nil, reach: BeaconReach(environment: [:]), idle: 0)
  }

  /// Inquiries that find nothing wrong.
  private var inquiries: Examination.Inquiries {
    var inquiries = Examination.Inquiries()
    inquiries.names = { plan in plan.hosts.map { NameFacts(host: $0) } }
    inquiries.datagrams = { beacons in
      var beacons = beacons
      for place in beacons.indices {
        beacons[place].answer = .init(
          source: Self.beacon, observed: Self.beacon, roundTrip: .milliseconds(1), tries: 1)
      }
      return DatagramFacts(beacons: beacons)
    }
    inquiries.sizes = { _ in SizeFacts(longest: 1_472) }
    inquiries.connection = { _, _, update in
      update { facts in
        facts.page = .success(.init(status: 426, location: nil, date: 1, localTime: 1, elapsed: .zero))
        (facts.connecting, facts.securing, facts.upgrading) = (Self.done, Self.done, Self.done)
        facts.isDialled = true
      }
    }
    return inquiries
  }

  @Test func `each finding is told when it is known, in the fixed order`() async throws {
    let told = Told()
    var inquiries = inquiries
    let plain = inquiries
    inquiries.datagrams = { beacons in
      await told.heard(.clock)
      return try await plain.datagrams(beacons)
    }
    inquiries.sizes = { answer in
      await told.heard(.nat)
      return try await plain.sizes(answer)
    }
    inquiries.connection = { _, _, update in
      await told.heard(.dns)
      update { $0.page = .success(.init(status: 426, location: nil, date: 1, localTime: 1, elapsed: .zero)) }
      await told.heard(.mtu)
      update { $0.connecting = Self.done }
      await told.heard(.proxy)
      update { $0.securing = Self.done }
      await told.heard(.tls)
      update { $0.upgrading = Self.done }
      // Without an identity that is all there is to wait for.
      await told.heard(.idle)
      update { $0.isDialled = true }
    }
    let examination = Examination(
      plan: try plan("udp://192.0.2.10:9001", "wss://beacon.test"), inquiries: inquiries, tell: { told.tell($0) })
    let verdict = try await examination.run()
    #expect(told.findings.map(\.check) == DoctorCheck.allCases)
    #expect(verdict.path == .udp)
  }

  @Test func `beacons are dialled at the same time, and one's time of day is enough`() async throws {
    let told = Told()
    var inquiries = inquiries
    let plain = inquiries.connection
    let (begun, other) = (Alarm(), Alarm())
    inquiries.connection = { configuration, plan, update in
      guard configuration.beacon.host == "dark.test" else {
        begun.ring()
        await other.wait(until: nil)
        return try await plain(configuration, plan, update)
      }
      other.ring()
      await begun.wait(until: nil)
      await told.heard(.mtu)
      update { facts in
        facts.page = .failure(TransportError(code: .timedOut, message: "silent"))
        facts.connecting = .failed(TransportError(code: .timedOut, message: "silent"), after: .seconds(6))
        facts.isDialled = true
      }
    }
    let examination = Examination(
      plan: try plan("wss://dark.test", "wss://beacon.test"), inquiries: inquiries, tell: { told.tell($0) })
    let verdict = try await examination.run()
    #expect(verdict.path == .wss)
    #expect(told.findings.map(\.check) == DoctorCheck.allCases)
    let tcp = try #require(told.findings.first { $0.check == .tcp })
    #expect(tcp.reason.contains("wss://dark.test") && tcp.reason.contains("wss://beacon.test"))
  }

  @Test func `what an inquiry throws ends it, and so does who doesn't take the lines`() async throws {
    var failing = inquiries
    failing.names = { _ in throw TransportError.cancelled }
    let plan = try plan("wss://beacon.test")
    await #expect(throws: TransportError.self) {
      _ = try await Examination(plan: plan, inquiries: failing, tell: { _ in }).run()
    }
    let working = inquiries
    await #expect(throws: TransportError.self) {
      _ = try await Examination(plan: plan, inquiries: working, tell: { _ in throw TransportError.closed }).run()
    }
  }
}
