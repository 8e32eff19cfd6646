import PilotNode
import PilotTransport
import PilotWire
import Testing

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
}
