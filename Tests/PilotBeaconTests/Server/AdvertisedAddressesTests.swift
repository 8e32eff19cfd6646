import Logging
import PilotTesting
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// Addresses that were given by a name, which comes to lead elsewhere while the beacon serves.
@Suite(.timeLimit(.minutes(1)))
struct AdvertisedAddressesTests {
  private static let first = Endpoint(ipv4: 8, 8, 4, 4, port: 9_001)
  private static let second = Endpoint(ipv4: 9, 9, 9, 9, port: 9_001)
  private static let third = Endpoint(ipv4: 1, 1, 1, 1, port: 9_001)
  private static let sixth = Endpoint(high: 0x2606_4700_4700_0000, low: 1, port: 9_001)

  /// A name server that the test plays.
  private final class Names: Sendable {
    let answers: Mutex<[String: [Endpoint]]>
    let asked = Mutex<[String]>([])

    init(_ answers: [String: [Endpoint]]) { self.answers = Mutex(answers) }

    func look(_ name: HostPort) throws(TransportError) -> [Endpoint] {
      asked.withLock { $0.append("\(name)") }
      guard let found = answers.withLock({ $0[name.host] }) else {
        throw TransportError(code: .resolveFailed, message: "no answer")
      }
      return found
    }

    func set(_ name: String, _ addresses: [Endpoint]?) { answers.withLock { $0[name] = addresses } }
  }

  private final class Run: Sendable {
    let names: Names
    let engine = RelayEngine(RouterConfiguration(), seed: 7)
    let lines = Lines()
    let clock = ManualClock()
    let addresses: AdvertisedAddresses

    init(
      _ answers: [String: [Endpoint]], _ adjust: (inout BeaconServer.Configuration) -> Void
    ) throws {
      let names = Names(answers)
      var configuration = BeaconServer.Configuration()
      configuration.advertisedLookup = { name async throws(TransportError) in try names.look(name) }
      adjust(&configuration)
      let recorder = Recorder(tellsLevel: true, lines: lines)
      self.names = names
      addresses = AdvertisedAddresses(
        configuration, engine: engine, logger: Logger(label: "test") { _ in recorder })
      engine.advertise(configuration.router.advertised)
    }

    /// What a question to a node over IPv4 or IPv6 names.
    func asked(ipv4: Bool) -> Endpoint? {
      let registration = Registration(
        at: ipv4 ? .test(1) : AdvertisedAddressesTests.sixth, local: .any, flags: [], now: 0, lifetime: 1)
      return engine.state.withLock { $0.router.questionAddress.address(for: registration) }
    }

    /// Lets so many renewals come due, one after the other, and sees what they have led to.
    func renewals(_ count: Int, _ see: (Int) throws -> Void) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await self.addresses.run(clock: self.clock) }
        for renewal in 1...count {
          await clock.sleepers(atLeast: 1)
          let before = names.asked.withLock { $0.count }
          clock.advance(by: AdvertisedAddresses.renewal)
          try await wait { self.names.asked.withLock { $0.count } > before }
          // The next one begins when this one is through.
          let done = names.asked.withLock { $0.count }
          addresses.renew()
          try await wait { self.names.asked.withLock { $0.count } > done }
          try see(renewal)
        }
        group.cancelAll()
      }
    }

    func wait(until isTrue: () -> Bool) async throws {
      while !isTrue() {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
  }

  private static let name = HostPort(host: "beacon.example", port: 9_001)

  @Test func `a name that leads elsewhere is followed by questions, proofs and the log, once`() async throws {
    let run = try Run(["beacon.example": [Self.first]]) {
      $0.router.advertised = [Self.sixth, Self.first]
      $0.advertisedNames = [Self.first: Self.name]
    }
    #expect(run.asked(ipv4: true) == Self.first)
    try await run.renewals(3) { renewal in
      switch renewal {
      case 1:
        #expect(run.asked(ipv4: true) == Self.first)
        run.names.set("beacon.example", [Self.sixth, Self.second, Self.third])
      case 2:
        #expect(run.asked(ipv4: true) == Self.second && run.asked(ipv4: false) == Self.sixth)
        // The order says nothing: the address stays as long as it is among them.
        run.names.set("beacon.example", [Self.third, Self.second])
      default:
        #expect(run.asked(ipv4: true) == Self.second)
      }
    }
    #expect(run.addresses.isAdvertised(try #require(BeaconName(Self.second))))
    #expect(!run.addresses.isAdvertised(try #require(BeaconName(Self.first))))
    #expect(run.lines.all.count == 1)
    #expect(run.lines.all.first?.hasPrefix("notice The name of an advertised address leads elsewhere") == true)
    #expect(run.addresses.toRegistry == nil)
  }

  @Test func `the last address stays while the name has none, and that is said once until it has`() async throws {
    let run = try Run([:]) {
      $0.router.advertised = [Self.first]
      $0.advertisedNames = [Self.first: Self.name]
    }
    try await run.renewals(5) { renewal in
      #expect(run.asked(ipv4: true) == Self.first)
      switch renewal {
      case 2: run.names.set("beacon.example", [Self.sixth, Endpoint(ipv4: 0, 0, 0, 0, port: 9_001)])
      case 3: run.names.set("beacon.example", [Self.first])
      case 4: run.names.set("beacon.example", nil)
      default: break
      }
    }
    #expect(run.lines.all.count == 2)
    #expect(run.lines.all.allSatisfy { $0.hasPrefix("warning The name of an advertised address can't be looked up") })
  }

  @Test func `the registry is told where the name of its entry leads, if nodes can reach that`() async throws {
    let run = try Run(["entry.example": [Endpoint(ipv4: 192, 168, 1, 1, port: 9_001)]]) {
      var entry = BeaconServer.Configuration.RegistryEntry(address: Self.first)
      entry.name = HostPort(host: "entry.example", port: 9_001)
      $0.registryEntry = entry
    }
    try await run.renewals(2) { renewal in
      if renewal == 1 {
        #expect(run.addresses.toRegistry == Self.first)
        run.names.set("entry.example", [Self.second])
      } else {
        #expect(run.addresses.toRegistry == Self.second)
      }
    }
    #expect(run.addresses.toNodes.isEmpty)
  }

  @Test func `what was given as an address is never looked up, and a private one is warned of`() async throws {
    let address = Endpoint(ipv4: 192, 168, 1, 1, port: 9_001)
    let run = try Run([:]) { $0.router.advertised = [address] }
    // Ends at once.
    await run.addresses.run(clock: run.clock)
    #expect(run.names.asked.withLock { $0 } == [])
    #expect(run.addresses.toNodes == [address])
    #expect(run.lines.all.map { $0.prefix(42) } == ["warning The advertised address isn't publi"])
  }
}
