import ArgumentParser
import PilotConsole
import PilotIdentity
import PilotWire
import Testing

@testable import PilotCommands

@Suite("How identities are printed")
struct IdentityOutputTests {
  private let key = Identity().publicKey

  private func text(_ arguments: String...) throws -> String {
    try IdentityOutputOptions.parse(arguments).text(of: key, from: "a \"b\".json")
  }

  @Test("the bare public key, for scripts")
  func bare() throws {
    #expect(try text() == key.base64)
  }

  @Test("as JSON")
  func json() throws {
    #expect(try text("--json") == #"{"file":"a \"b\".json","public_key":"\#(key.base64)"}"#)
  }

  @Test("as a nodes file that a beacon reads")
  func nodesFile() throws {
    let text = try text("--node", "4294967295")
    #expect(text == #"{"4294967295":"\#(key.base64)"}"#)
    #expect(try NodesFile.parse(Array(text.utf8)) == [#require(NodeID(.max)): key])
  }

  @Test(
    "no other node IDs, and not two forms at once",
    arguments: [["--node", "0"], ["--node", "x"], ["--node", "1", "--json"]])
  func refused(arguments: [String]) {
    #expect(throws: (any Error).self) { try IdentityOutputOptions.parse(arguments) }
  }
}
