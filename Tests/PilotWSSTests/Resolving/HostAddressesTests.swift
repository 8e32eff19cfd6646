import PilotTesting
import NIOCore
import NIOEmbedded
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite("Addresses of a beacon's host", .timeLimit(.minutes(1)))
struct HostAddressesTests {
  @Test(
    "an address is itself, with its port, once", arguments: [("127.0.0.1", "127.0.0.1:9001"), ("::1", "[::1]:9001")])
  func literal(host: String, expected: String) async throws {
    let addresses = try await HostAddresses.resolve(host, port: 9_001)
    #expect(addresses == [try Endpoint(parsing: expected)])
  }

  @Test("a name has all its addresses")
  func name() async throws {
    let addresses = try await HostAddresses.resolve("localhost", port: 9_001)
    #expect(addresses.contains(Endpoint(ipv4: 127, 0, 0, 1, port: 9_001)))
  }

  @Test("a link-local address keeps its zone, by number and by name")
  func zone() async throws {
    #if os(Linux)
      let expected = Endpoint(high: 0xFE80 << 48, low: 1, scope: 1, port: 9_001)
      for host in ["fe80::1%lo", "fe80::1%1"] {
        #expect(try await HostAddresses.resolve(host, port: 9_001) == [expected], "\(host)")
      }
    #endif
  }

  @Test("an unknown name is a failure that names it")
  func unknown() async throws {
    let error = await #expect(throws: TransportError.self) {
      try await HostAddresses.resolve("nowhere.invalid", port: 1)
    }
    #expect(error?.code == .resolveFailed)
    #expect(error?.message.contains("nowhere.invalid") == true)
  }

  private func resolve(_ resolver: ScriptedResolver, _ fallback: [String] = []) async throws -> [Endpoint] {
    let loop = NIOAsyncTestingEventLoop()
    let isOver = Watched(false)
    let clock = Task {
      while !isOver.value {
        await loop.advanceTime(by: .milliseconds(25))
        await Task.yield()
      }
    }
    defer { isOver.update { $0 = true } }
    let found = try await HostAddresses.resolve(
      "beacon.test", port: 9, fallback: StaticAddresses(parsing: fallback.map { "beacon.test=\($0)" }), by: resolver,
      on: loop)
    isOver.update { $0 = true }
    await clock.value
    return found
  }

  @Test("the families come by turns, IPv6 first, and no more than 16 addresses")
  func turns() async throws {
    let few = ScriptedResolver(ipv6: ["2001:db8::1", "2001:db8::2"], ipv4: ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
    #expect(
      try await resolve(few).map(\.addressText)
        == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"])
    let many = ScriptedResolver(ipv6: (1...16).map { "2001:db8::\($0)" }, ipv4: (1...16).map { "192.0.2.\($0)" })
    let found = try await resolve(many)
    #expect(found.count == 16 && found.count(where: \.isIPv4) == 8)
    #expect(found.allSatisfy { $0.port == 9 })
  }

  @Test("a family that is never answered holds up nothing", arguments: AddressFamily.allCases)
  fileprivate func silentFamily(family: AddressFamily) async throws {
    let resolver = ScriptedResolver(
      ipv6: family == .ipv6 ? nil : ["2001:db8::1"], ipv4: family == .ipv4 ? nil : ["192.0.2.1"])
    #expect(try await resolve(resolver).map(\.addressText) == [family == .ipv6 ? "192.0.2.1" : "2001:db8::1"])
  }

  @Test("what was given for a host counts where the name server gives nothing, and only there")
  func fallback() async throws {
    let given = ["192.0.2.9", "2001:db8::9"]
    #expect(try await resolve(ScriptedResolver(ipv6: [], ipv4: []), given).map(\.addressText) == given.reversed())
    #expect(try await resolve(ScriptedResolver(ipv6: nil, ipv4: nil), given).map(\.addressText) == given.reversed())
    #expect(try await resolve(ScriptedResolver(ipv6: [], ipv4: nil), given).map(\.addressText) == given.reversed())
    let answering = ScriptedResolver(ipv6: [], ipv4: ["192.0.2.1"])
    #expect(try await resolve(answering, given).map(\.addressText) == ["192.0.2.1"])
  }

  @Test("a cancelled task doesn't wait for the name server")
  func cancelled() async throws {
    let resolver = ScriptedResolver(ipv6: nil, ipv4: nil)
    let resolving = Task {
      await failure {
        _ = try await HostAddresses.resolve(
          "beacon.test", port: 9, fallback: StaticAddresses(), by: resolver, on: NIOAsyncTestingEventLoop())
      }
    }
    try await resolver.asked.wait { $0.count == 2 }
    resolving.cancel()
    #expect(await resolving.value?.code == .cancelled)
  }
}
