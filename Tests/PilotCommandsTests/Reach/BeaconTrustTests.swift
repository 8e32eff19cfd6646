import PilotConsole
import PilotWSS
import Testing

@testable import PilotCommands

struct BeaconTrustTests {
  private static let hex = "586e0308a1c893cc7625ec2ced7747509f98ad9d99b5e4218f510864abdc4a04"

  @Test func `a pin suffices by itself, and with authorities both must hold`() throws {
    let pin = try #require(KeyPin(hex: Self.hex))
    func trust(_ file: String?, _ pins: [String]) throws -> Trust {
      try BeaconTrust(certificateAuthorities: file, pins: pins).trust
    }
    #expect(try trust(nil, []) == .system)
    #expect(try trust("ca.pem", []) == .file("ca.pem"))
    #expect(try trust(nil, [Self.hex.uppercased()]) == .keys([pin]))
    #expect(try trust("ca.pem", [Self.hex]) == .file("ca.pem").pinned(to: [pin]))
  }

  @Test func `what is no pin is refused, among others as well`() {
    let error = #expect(throws: CommandFailure.self) {
      try BeaconTrust(certificateAuthorities: "ca.pem", pins: [Self.hex, "12"])
    }
    #expect(error?.what.contains("--pin must be 64 hexadecimal digits") == true)
  }
}
