import Foundation
import PilotConsole
import PilotFixtures
import PilotTesting
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("pilot doctor", .timeLimit(.minutes(1)))
struct CommandLineDoctorTests {
  private struct Line: Decodable {
    var check: String?
    var result: String?
    var reason: String
    var verdict: String?
    var max_payload: Int?
    var hint: String?
  }

  private struct Outcome {
    let lines: [Line]
    let status: Int32
    let text: String
    let error: String

    func finding(_ check: String) throws -> Line { try #require(lines.first { $0.check == check }, "\(text)") }

    var failed: [String] { lines.filter { $0.result == "fail" }.compactMap(\.check) }
  }

  private func run(_ options: String..., environment: [String: String] = [:]) async throws -> Outcome {
    let process = try CommandLineProgram.process(
      ["doctor", "--json", "--log-level", "trace"] + options, environment: environment)
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    async let errorText = CommandLineProgram.contents(of: error)
    let text = try await CommandLineProgram.contents(of: output)
    let lines = try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    return Outcome(
      lines: lines, status: await CommandLineProgram.status(of: process), text: text, error: try await errorText)
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
        #expect(outcome.failed.isEmpty, "\(outcome.text)")
        #expect(outcome.lines.last?.max_payload == 1_227, "\(outcome.text)")
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
    #expect(outcome.failed == ["tcp"], "\(outcome.text)")
  }

  /// An authority that has signed nothing here, valid from 2020 to 2099.
  private static let foreignAuthority = """
    -----BEGIN CERTIFICATE-----
    MIIBfDCCASOgAwIBAgIBAjAKBggqhkjOPQQDAjAlMSMwIQYDVQQDDBpQaWxvdCB0
    ZXN0IGF1dGhvcml0eSBvdGhlcjAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIz
    NTk1OVowJTEjMCEGA1UEAwwaUGlsb3QgdGVzdCBhdXRob3JpdHkgb3RoZXIwWTAT
    BgcqhkjOPQIBBggqhkjOPQMBBwNCAARHZl8A5NLJKyI8gwogoUBrKSGYjZVaB46i
    mRIjDX+Wjn0tfKAId4bgfCM6nLscAlvc8tMKVDd9WwmQ1/2e1ZJao0IwQDAPBgNV
    HRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAdBgNVHQ4EFgQUDnSUo7LCWATc
    PJm9priXpe+xC+gwCgYIKoZIzj0EAwIDRwAwRAIgVHLejFImx7DSPlUwfFRBEK23
    N3Lmi1eFAlUXxGfQu6ACIFKt1EGXxOvWgWYoKWANHPUyf+tPdSl5rH/XE5bjYIhb
    -----END CERTIFICATE-----

    """

  @Test("a certificate by an authority that isn't trusted is told with its name, and with that authority all passes")
  func foreignAuthority() async throws {
    let own = try ThrowawayAuthority()
    let foreign = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try Self.foreignAuthority.write(toFile: foreign, atomically: true, encoding: .utf8)
    defer {
      own.remove()
      try? FileManager.default.removeItem(atPath: foreign)
    }
    try await TestBeacon.run {
      $0.wss?.tls = BeaconServer.Configuration.TLSFiles(certificate: own.certificatePath, key: own.keyPath)
    } _: { beacon in
      let url = "wss://127.0.0.1:\(beacon.url.port)"
      let wrong = try await run("--beacon", url, "--ca", foreign)
      #expect(wrong.status == 1 && wrong.lines.last?.verdict == "none")
      #expect(wrong.failed == ["tls"], "\(wrong.text)")
      #expect(try wrong.finding("tls").reason.contains("Pilot demo authority"), "\(wrong.text)")
      // The page is asked for whoever has signed, and nothing secret is sent to it.
      #expect(try wrong.finding("portal").result == "pass", "\(wrong.text)")
      #expect(try wrong.finding("upgrade").reason == "a step before it failed")
      let right = try await run("--beacon", url, "--ca", own.authorityPath)
      #expect(right.status == 0 && right.lines.last?.verdict == "wss", "\(right.text)")
      #expect(try right.finding("tls").reason.contains("certificate by CN=Pilot demo authority, until "))
    }
  }

  @Test("what redirects is no beacon, and where it leads is told without its secrets")
  func portal() async throws {
    let portal = try await ScriptedServer.start { _ in
      .answer("HTTP/1.1 302 Found\r\nLocation: http://user:hunter2@login.test/?t=hunter2\r\nContent-Length: 0\r\n\r\n")
    }
    let outcome = try await run("--beacon", "ws://127.0.0.1:\(portal.port)")
    #expect(outcome.status == 1)
    #expect(outcome.failed == ["portal", "upgrade"], "\(outcome.text)")
    let finding = try outcome.finding("portal")
    #expect(finding.reason.contains("a web page answers in the beacon's place (302) and leads to http://"))
    #expect(finding.reason.contains("login.test"), "\(finding.reason)")
    #expect(finding.hint?.contains("log in to this network") == true)
    #expect(!(outcome.text + outcome.error).contains("hunter2"), "\(outcome.text)\(outcome.error)")
    await portal.stop()
  }

  /// A proxy that makes a tunnel to a beacon for who is `user:right`.
  private func proxy(to beacon: TestBeacon) async throws -> ScriptedServer {
    let port = Int(beacon.url.port)
    return try await ScriptedServer.start { head in
      // user:right
      if head.contains("\r\nProxy-Authorization: Basic dXNlcjpyaWdodA==\r\n") { return .tunnel(port) }
      return .answer("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
    }
  }

  @Test("a password that a proxy refuses is shown to it once, and stands in nothing that is written")
  func refusedPassword() async throws {
    try await TestBeacon.run { beacon in
      let proxy = try await proxy(to: beacon)
      let outcome = try await run(
        "--beacon", "ws://beacon.invalid:9443", "--insecure-plaintext", "--proxy",
        "http://user:hunter2@127.0.0.1:\(proxy.port)")
      #expect(outcome.status == 1)
      #expect(outcome.failed == ["proxy"], "\(outcome.text)")
      #expect(
        try outcome.finding("proxy").reason.contains(
          "http://…@127.0.0.1:\(proxy.port) (--proxy): the proxy http://…@127.0.0.1:\(proxy.port) does not accept"),
        "\(outcome.text)")
      #expect(try outcome.finding("portal").result == "skipped")
      #expect(!(outcome.text + outcome.error).contains("hunter2"), "\(outcome.text)\(outcome.error)")
      #expect(proxy.requests.value.count { $0.contains("Basic dXNlcjpodW50ZXIy") } == 1)
      await proxy.stop()
    }
  }

  @Test("new credentials are asked for once, by a command that finds nothing secret, and lead all the way")
  func renewedPassword() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let proxy = try await proxy(to: beacon)
        let found = identity.deletingLastPathComponent().appending(path: "environment").path
        let secret = "http://user:hunter2@127.0.0.1:\(proxy.port)"
        let outcome = try await run(
          "--beacon", "ws://beacon.invalid:9443", "--insecure-plaintext", "--node", "7", "--identity", identity.path,
          "--idle", "1", "--proxy-command", "env >> '\(found)'; echo user:right",
          environment: [
            "http_proxy": secret, "https_proxy": secret, "PILOT_DOCTOR_PROXY_COMMAND": "echo user:hunter2",
            "PATH": "/usr/bin:/bin", "KEPT": "1",
          ])
        #expect(outcome.status == 0 && outcome.lines.last?.verdict == "wss", "\(outcome.text)")
        #expect(outcome.failed.isEmpty, "\(outcome.text)")
        #expect(try outcome.finding("proxy").reason.contains("(http_proxy): it opened the way to"), "\(outcome.text)")
        #expect(try outcome.finding("portal").reason == "none: the beacon itself answers (426)")
        #expect(try outcome.finding("idle").reason == "the connection was kept for 1 s with nothing on it")
        #expect(!(outcome.text + outcome.error).contains("hunter2"), "\(outcome.text)\(outcome.error)")
        let variables = try String(contentsOfFile: found, encoding: .utf8).split(separator: "\n")
        #expect(variables.count { $0 == "KEPT=1" } == 1, "it ran once, with what is no secret")
        #expect(!variables.contains { $0.hasPrefix("PILOT_") || $0.lowercased().contains("_proxy=") }, "\(variables)")
        #expect(proxy.requests.value.count { $0.contains("Basic dXNlcjpodW50ZXIy") } == 1)
        #expect(proxy.requests.value.count { $0.contains("Basic dXNlcjpyaWdodA==") } == 2, "the dial, and the page")
        await proxy.stop()
      }
    }
  }

  @Test("an idle connection that is cut is told with what cut it, and when")
  func idleCut() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let cutting = try await TCPProxy.start(to: Int(beacon.url.port))
        let doctor = try ChildProcess.start(
          [
            "doctor", "--json", "--beacon", "ws://127.0.0.1:\(cutting.port)", "--node", "7", "--identity",
            identity.path, "--idle", "86400",
          ], program: CommandLineProgram.url().path)
        var lines: [Line] = []
        while let text = await doctor.line() {
          let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
          lines.append(line)
          // Now it is idle.
          if line.check == "auth" { try await cutting.close() }
        }
        #expect(await doctor.exitStatus() == 0)
        #expect(lines.filter { $0.result == "fail" }.compactMap(\.check) == ["idle"], "\(lines)")
        #expect(lines.last?.verdict == "wss")
      }
    }
  }
}
