import PilotConsole
import PilotWire
import Testing

@testable import PilotCommands

/// `pilot beacon --name`.
struct BeaconNameOptionTests {
  @Test func `is repeatable, and takes several with commas`() throws {
    let names = try BeaconCommand.names(["beacon.example", "relay.example:443, [2001:db8::1]:9001", "192.0.2.1"])
    #expect(
      names == [
        HostPort(host: "beacon.example"), HostPort(host: "relay.example", port: 443),
        HostPort(host: "2001:db8::1", port: 9_001), HostPort(host: "192.0.2.1"),
      ])
    #expect(try BeaconCommand.names([]).isEmpty)
  }

  @Test(arguments: [
    "", "a,", ",a", "a,,b", "a:0", "a:", "a:65536", "2001:db8::1", "https://a", "a b", "a/", "*.example",
    String(repeating: "a", count: 254),
  ])
  func `says which of them is no name`(text: String) {
    let failure = #expect(throws: CommandFailure.self) { try BeaconCommand.names(["good.example", text]) }
    #expect(failure?.status == .usage)
    #expect(failure?.description.contains("HOST:PORT") == true)
  }
}
