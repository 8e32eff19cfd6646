import PilotConsole
import PilotWire
import Testing

@testable import PilotCommands

@Suite("Addresses of a udp:// host", .timeLimit(.minutes(1)))
struct UDPHostTests {
  @Test(
    "an address is itself, with its port, once", arguments: [("127.0.0.1", "127.0.0.1:9001"), ("::1", "[::1]:9001")])
  func literal(host: String, expected: String) async throws {
    let addresses = try await UDPHost(host: host, port: 9_001).addresses()
    #expect(addresses == UDPAddresses(first: try Endpoint(parsing: expected), others: []))
  }

  @Test("a name has all its addresses")
  func name() async throws {
    let addresses = try await UDPHost(host: "localhost", port: 9_001).addresses()
    #expect(([addresses.first] + addresses.others).contains(Endpoint(ipv4: 127, 0, 0, 1, port: 9_001)))
  }

  @Test("an unknown name is a failure that names it")
  func unknown() async throws {
    let error = await #expect(throws: CommandFailure.self) {
      try await UDPHost(host: "nowhere.invalid", port: 1).addresses()
    }
    #expect(error?.description.contains("nowhere.invalid") == true)
  }
}
