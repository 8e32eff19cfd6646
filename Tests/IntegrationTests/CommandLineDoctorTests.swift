import Foundation
import PilotConsole
import PilotWire
import Testing

@Suite("pilot doctor", .timeLimit(.minutes(1)))
struct CommandLineDoctorTests {
  private struct Line: Decodable {
    var check: String?
    var result: String?
    var reason: String
    var verdict: String?
    var max_payload: Int?
  }

  private func run(_ options: String...) async throws -> (lines: [Line], status: Int32, text: String) {
    let process = try CommandLineProgram.process(["doctor", "--json"] + options)
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    let text = try await CommandLineProgram.contents(of: output)
    _ = try await CommandLineProgram.contents(of: error)
    let lines = try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    return (lines, await CommandLineProgram.status(of: process), text)
  }

  @Test("at a beacon all that can be looked at passes, and UDP is the verdict")
  func passes() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let outcome = try await run(
          "--beacon", "udp://\(beacon.udp)", "--beacon", "\(beacon.url)", "--node", "7", "--identity", identity.path)
        #expect(outcome.status == 0, "\(outcome.text)")
        #expect(outcome.lines.last?.verdict == "udp")
        let passed = outcome.lines.filter { $0.result == "pass" }.compactMap(\.check)
        #expect(passed == ["clock", "udp", "nat", "mtu", "tcp", "portal", "upgrade", "auth"], "\(outcome.text)")
        #expect(outcome.lines.contains { $0.result == "fail" } == false, "\(outcome.text)")
      }
    }
  }

  @Test("without UDP the connection is the verdict, and without an identity it goes up to the authentication")
  func withoutUDP() async throws {
    try await TestBeacon.run { beacon in
      let outcome = try await run("--beacon", "udp://127.0.0.1:9", "--beacon", "\(beacon.url)")
      #expect(outcome.status == 0)
      #expect(outcome.lines.last?.verdict == "wss")
      #expect(outcome.lines.first { $0.check == "udp" }?.result == "fail")
      #expect(outcome.lines.first { $0.check == "auth" }?.result == "skipped")
    }
  }

  @Test("what --address says stands in for a name that nobody knows, and the first line says so")
  func givenAddress() async throws {
    try await TestBeacon.run { beacon in
      let outcome = try await run(
        "--beacon", "udp://beacon.invalid:\(beacon.udp.port)", "--address", "beacon.invalid=127.0.0.1")
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(outcome.lines.last?.verdict == "udp")
      #expect(outcome.lines.first?.reason.contains("--address has 127.0.0.1") == true, "\(outcome.text)")
    }
  }

  @Test("where there is no way it says which step failed, and exits with 1")
  func nothing() async throws {
    let outcome = try await run("--beacon", "ws://127.0.0.1:9")
    #expect(outcome.status == 1)
    #expect(outcome.lines.last?.verdict == "none")
    #expect(outcome.lines.filter { $0.result == "fail" }.compactMap(\.check) == ["tcp"], "\(outcome.text)")
  }
}
