import Foundation
import Logging
import NIOCore
import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// A beacon that registers itself with a registry, a stand-in on loopback.
@Suite("A beacon's entry at its registry", .timeLimit(.minutes(1)))
struct RegistryRegistrationTests {
  private static let address = Endpoint(ipv4: 8, 8, 4, 4, port: 9_001)
  private static let secret = #"an"admin\token"#

  /// Whether the beacon welcomes nodes.
  private final class ServingSwitch: Sendable {
    private let state: Mutex<Bool>
    var isOn: Bool { state.withLock { $0 } }

    init(_ isOn: Bool) { state = Mutex(isOn) }

    func turnOff() { state.withLock { $0 = false } }
  }

  /// Where nodes reach the beacon.
  private final class Place: Sendable {
    let address = Mutex(RegistryRegistrationTests.address)
  }

  private final class Run: Sendable {
    let registration: RegistryRegistration
    let clock = ManualClock()
    let lines = Lines()
    let serving: ServingSwitch
    let place = Place()

    init(_ registry: FakeRegistry, token: String? = nil, limit: Duration = .seconds(5), isServing: Bool = true) throws {
      var entry = BeaconServer.Configuration.RegistryEntry(address: RegistryRegistrationTests.address)
      entry.token = token
      var configuration = RegistryDirectory.Configuration()
      configuration.limit = limit
      let directory = RegistryDirectory(host: "127.0.0.1", port: registry.port, configuration: configuration)
      let recorder = Recorder(lines: lines)
      let serving = ServingSwitch(isServing)
      self.serving = serving
      let place = place
      registration = try RegistryRegistration(
        entry, beaconID: 256, exchange: try #require(directory.exchange), address: { place.address.withLock { $0 } },
        isServing: { serving.isOn },
        logger: Logger(label: "test") { _ in recorder })
    }

    /// Runs it for so many attempts.
    ///
    /// - Parameter follow: Is done after each of them.
    func attempts(_ count: Int, follow: (Int) -> Void = { _ in }) async {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.registration.run(clock: self.clock) }
        for attempt in 1...count {
          await clock.sleepers(atLeast: 1)
          follow(attempt)
          if attempt < count { clock.advance(by: .seconds(30)) }
        }
        group.cancelAll()
      }
    }
  }

  private static func write(_ text: String, to path: String, mode: Int = 0o600) throws {
    try #require(
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  private static func withToken(_ body: (String) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID())").path()
    try write(secret + "\n", to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
  }

  @Test("It says its number, its address and the token, again each time, and reads the list")
  func registers() async throws {
    let registry = try await FakeRegistry.start(answering: { request in
      request.contains("beacon_list")
        ? #"{"type":"beacon_list_ok","beacons":[{"id":256,"addr":"8.8.4.4:9001"},{"id":7,"addr":"8.8.8.8:9001"}]}"#
        : #"{"type":"beacon_register_ok","beacon_id":256}"#
    })
    try await Self.withToken { token in
      let run = try Run(registry, token: token)
      await run.attempts(2)
      #expect(
        registry.requests.prefix(2) == [
          #"{"type":"beacon_register","beacon_id":256,"addr":"8.8.4.4:9001","admin_token":"an\"admin\\token"}"#,
          #"{"type":"beacon_list"}"#,
        ])
      #expect(registry.requests.count == 4)
      #expect(run.registration.counts == .init(taken: 2, failed: 0, isRegistered: true, others: 1))
      #expect(run.lines.all.count == 1, "it is told once")
      #expect(run.lines.all.first?.contains("Registered") == true)
      #expect(!run.lines.all.joined().contains("admin"))
    }
    try await registry.close()
  }

  @Test("An address that changes is said from the next time on, and an entry of its own old one is no other beacon's")
  func moves() async throws {
    let registry = try await FakeRegistry.start(answering: { request in
      request.contains("beacon_list")
        ? #"{"type":"beacon_list_ok","beacons":[{"id":256,"addr":"9.9.9.9:9001"}]}"#
        : #"{"type":"beacon_register_ok","beacon_id":256}"#
    })
    let run = try Run(registry)
    run.place.address.withLock { $0 = Endpoint(ipv4: 9, 9, 9, 9, port: 9_002) }
    await run.attempts(2) { _ in run.place.address.withLock { $0 = Endpoint(ipv4: 9, 9, 9, 9, port: 9_001) } }
    let registrations = registry.requests.filter { $0.contains("beacon_register") }
    #expect(
      registrations == ["9002", "9001"].map { #"{"type":"beacon_register","beacon_id":256,"addr":"9.9.9.9:\#($0)"}"# })
    #expect(run.lines.all.count { $0.contains("has another address") } == 1, "as long as the list has the old one")
    try await registry.close()
  }

  @Test(
    "What it is refused for is told once, and the token isn't, whatever the registry says",
    arguments: [
      (#"{"type":"error","error":"beacon_id 0 is reserved"}"#, "beacon_id 0 is reserved"),
      (#"{"type":"error","error":"wrong token an\"admin\\token"}"#, "repeat the token"),
      (#"{"type":"lookup_ok","node_id":7}"#, "not understood"),
      (#"{"type":"beacon_register_ok","beacon_id":257}"#, "not understood"),
      ("[]", "not understood"), ("", "not understood"),
    ])
  func refused(_ answer: String, _ reason: String) async throws {
    let registry = try await FakeRegistry.start { answer }
    try await Self.withToken { token in
      let run = try Run(registry, token: token)
      await run.attempts(3)
      #expect(run.registration.counts == .init(taken: 0, failed: 3, isRegistered: false, others: nil))
      #expect(run.lines.all.count == 1)
      #expect(run.lines.all.first?.contains(reason) == true, "\(run.lines.all)")
      #expect(!run.lines.all.joined().contains("admin\\token") && !run.lines.all.joined().contains(Self.secret))
    }
    try await registry.close()
  }

  @Test("A registry that hangs, or isn't there, holds nothing up")
  func silent() async throws {
    let registry = try await FakeRegistry.start { nil }
    let run = try Run(registry, limit: .milliseconds(50))
    await run.attempts(2)
    #expect(run.registration.counts.failed == 2)
    try await registry.close()
    await run.attempts(1)
    #expect(run.registration.counts.failed == 3)
  }

  @Test("A list that can't be read, or has another address under the number, takes nothing away")
  func lists() async throws {
    let list = Mutex(#"{"type":"beacon_list_ok","beacons":[{"id":256,"addr":"8.8.8.8:9001"}]}"#)
    let registry = try await FakeRegistry.start(answering: { request in
      request.contains("beacon_list") ? list.withLock { $0 } : #"{"type":"beacon_register_ok"}"#
    })
    let run = try Run(registry)
    await run.attempts(3)
    #expect(run.registration.counts == .init(taken: 3, failed: 0, isRegistered: true, others: 0))
    #expect(run.lines.all.count { $0.contains("another address") && $0.contains("8.8.8.8:9001") } == 1)
    for broken in [#"{"type":"error","error":"no"}"#, #"{"type":"beacon_list_ok","beacons":[7]}"#, "{"] {
      list.withLock { $0 = broken }
      await run.attempts(1)
    }
    #expect(run.registration.counts == .init(taken: 6, failed: 0, isRegistered: true, others: 0))
    try await registry.close()
  }

  @Test("Who isn't serving lets the entry run out")
  func draining() async throws {
    let registry = try await FakeRegistry.start { #"{"type":"beacon_register_ok"}"# }
    let run = try Run(registry, isServing: false)
    await run.attempts(3)
    #expect(registry.requests.isEmpty)
    try await registry.close()
  }

  @Test("Who serves no more doesn't count as registered")
  func drained() async throws {
    let registry = try await FakeRegistry.start { #"{"type":"beacon_register_ok"}"# }
    let run = try Run(registry)
    await run.attempts(1)
    #expect(run.registration.counts.isRegistered)
    run.serving.turnOff()
    #expect(!run.registration.counts.isRegistered)
    try await registry.close()
  }

  @Test("Every 27 to 30 s, and after a failure sooner, but not for long")
  func pauses() {
    var pauses = RegistrationPauses()
    #expect(pauses.registered(random: 0) == .seconds(30))
    #expect(pauses.registered(random: 1) == .seconds(27))
    let failures = (0..<8).map { _ in pauses.failed(random: 0.999_999) }
    #expect(failures[0] <= .seconds(2) && failures.allSatisfy { $0 <= .seconds(30) })
    #expect(failures[7] > .seconds(29))
    _ = pauses.registered(random: 0)
    #expect(pauses.failed(random: 0.5) <= .seconds(2))
  }

  @Test(
    "An address that nodes can't reach is refused",
    arguments: [
      ("0.0.0.0:9001", nil), ("[::]:9001", nil), ("127.0.0.1:9001", nil), ("[::1]:9001", nil), ("8.8.4.4:0", nil),
      ("169.254.1.1:9001", nil), ("[fe80::1]:9001", nil), ("224.0.0.1:9001", nil), ("255.255.255.255:9001", nil),
      ("192.0.2.1:9001", nil), ("198.51.100.1:9001", nil), ("203.0.113.7:9001", nil), ("[2001:db8::1]:9001", nil),
      ("100.64.0.1:9001", nil), ("10.0.0.1:9001", false), ("172.16.0.1:9001", false), ("192.168.1.1:9001", false),
      ("[fd00::1]:9001", false), ("8.8.4.4:9001", true), ("[2606:4700::1]:9001", true),
    ] as [(String, Bool?)])
  func addresses(_ text: String, _ isPublic: Bool?) throws {
    var entry = BeaconServer.Configuration.RegistryEntry(address: try Endpoint(parsing: text))
    #expect((entry.fault == nil) == (isPublic == true), "\(entry.fault ?? "fine")")
    entry.allowsPrivate = true
    #expect((entry.fault == nil) == (isPublic != nil), "\(entry.fault ?? "fine")")
    guard entry.fault != nil else { return }
    let error = #expect(throws: TransportError.self) { try entry.validate() }
    #expect(error?.code == .invalidConfiguration)
  }

  @Test("A token file that can't be read, or holds none, is refused, and not repeated")
  func tokenFiles() async throws {
    #expect(throws: TransportError.self) { try RegistryToken(path: "/nonexistent/token") }
    try await Self.withToken { path in
      let token = try RegistryToken(path: path)
      guard case .unchanged = token.reloadIfChanged() else { return #expect(Bool(false), "nothing has changed") }
      #expect(token.text == Self.secret)
      for broken in ["", "two words", String(repeating: "x", count: 2_000)] {
        try Self.write(broken, to: path)
        let error = #expect(throws: TransportError.self) { try RegistryToken(path: path) }
        #expect(error?.message.contains("two words") == false)
        guard case .refused(let refusal) = token.reloadIfChanged() else { return #expect(Bool(false), "it was taken") }
        #expect(refusal.message == error?.message)
        #expect(token.text == Self.secret, "the last one that could be used")
      }
      try Self.write("another", to: path)
      guard case .reloaded = token.reloadIfChanged() else { return #expect(Bool(false), "it has changed") }
      #expect(token.text == "another")
    }
  }

  @Test("A token file that others may read is refused, at the start and later", arguments: [0o604, 0o620, 0o660])
  func openToOthers(mode: Int) async throws {
    try await Self.withToken { path in
      let token = try RegistryToken(path: path)
      try Self.write("another", to: path, mode: mode)
      guard case .refused(let refusal) = token.reloadIfChanged() else { return #expect(Bool(false), "it was taken") }
      #expect(refusal.message.contains("mode 0\(String(mode, radix: 8))") && refusal.message.contains("chmod 600"))
      #expect(token.text == Self.secret)
      let error = #expect(throws: TransportError.self) { try RegistryToken(path: path) }
      #expect(error?.code == .invalidConfiguration)
      // Nothing of it is another one, but for who may read it.
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      guard case .reloaded = token.reloadIfChanged() else { return #expect(Bool(false), "it has changed") }
      #expect(token.text == "another")
    }
  }

  @Test("A new token of no use is told once, and so is that it can be used again")
  func brokenToken() async throws {
    let registry = try await FakeRegistry.start { #"{"type":"beacon_register_ok"}"# }
    try await Self.withToken { path in
      let run = try Run(registry, token: path)
      await run.attempts(1)
      try Self.write("two words", to: path)
      await run.attempts(3)
      try Self.write("another", to: path)
      await run.attempts(2)
      let lines = run.lines.all.filter { $0.contains("token") }
      #expect(lines.count == 2)
      #expect(lines.first?.contains("is refused") == true && lines.last?.contains("has changed") == true)
      #expect(!lines.joined().contains("two words") && !lines.joined().contains("another"))
      let words = registry.requests.filter { $0.contains("beacon_register") }
      #expect(words.map { $0.contains("another") } == [false, false, false, false, true, true])
    }
    try await registry.close()
  }
}
