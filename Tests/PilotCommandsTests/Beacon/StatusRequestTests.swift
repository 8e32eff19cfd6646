import Foundation
import PilotConsole
import PilotWire
import Testing

@testable import PilotCommands

/// The token that `pilot beacon top` shows.
struct StatusRequestTests {
  private func request(_ token: [UInt8]) throws -> StatusRequest {
    let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
    try Data(token).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try StatusRequest(to: .loopback(port: 1), tokenFile: file.path)
  }

  @Test(arguments: ["0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n"])
  func `a file that the beacon takes is taken`(text: String) throws {
    _ = try request(Array(text.utf8))
  }

  @Test(
    arguments: [
      "", "\n", "too-short", "with a space in its middle", "0123456789abcdef\nand-another-line",
      "0123456789abcd\u{e9}f",
    ])
  func `a file that the beacon refuses is refused, and nothing of it is left out or repeated`(text: String) throws {
    let error = #expect(throws: CommandFailure.self) { try request(Array(text.utf8)) }
    #expect(error?.what.contains("must hold 16 to 256 printable characters without a space") == true)
    #expect(text.isEmpty || error?.what.contains(text) == false)
  }

  @Test func `a file that isn't there, or is no token by its length, is told`() throws {
    let error = #expect(throws: CommandFailure.self) {
      try StatusRequest(to: .loopback(port: 1), tokenFile: "/nowhere/token")
    }
    #expect(error?.what.hasPrefix("the token file /nowhere/token can't be read") == true)
    #expect(throws: CommandFailure.self) { try request([UInt8](repeating: 0x78, count: 100_000)) }
  }
}
