import Foundation
import PilotConsole
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

struct AddressFilesTests {
  private func withFile(_ contents: String, _ body: (URL) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("addresses-\(UUID().uuidString)")
    try Data(contents.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file)
  }

  private func files(allow: [String] = [], deny: [String] = [], proxies: [String] = []) throws -> AddressFiles {
    try AddressFiles(
      AddressOptions(
        allow: AddressSources(allow, option: "allow"), deny: AddressSources(deny, option: "deny"),
        trustedProxies: AddressSources(proxies, option: "trusted-proxy")))
  }

  private func admits(_ files: AddressFiles, _ address: String) throws -> Bool {
    files.policy.rules.admits(try Endpoint(address: address, port: 1))
  }

  @Test func `without options everybody may speak, and no proxy is believed`() throws {
    let files = try files()
    #expect(files.policy.rules == AddressRules())
  }

  @Test func `options have blocks with commas between, and files with more`() throws {
    try withFile("# two\n192.0.2.0/24\n2001:db8::/32\n") { file in
      let files = try files(
        allow: ["10.0.0.0/8,@\(file.path)", "::1"], deny: ["10.0.0.7"], proxies: ["127.0.0.1"])
      var admitted: [String] = []
      for address in ["10.1.1.1", "10.0.0.7", "192.0.2.1", "2001:db8::1", "::1", "198.51.100.1"]
      where try admits(files, address) { admitted.append(address) }
      #expect(admitted == ["10.1.1.1", "192.0.2.1", "2001:db8::1", "::1"])
      #expect(files.policy.rules.trustedProxies.contains(.loopback(port: 1)))
    }
  }

  @Test func `a changed file is in force, and a broken one is refused once, with its line`() throws {
    try withFile("192.0.2.0/24\n") { file in
      let files = try files(deny: ["@\(file.path)"])
      let version = files.policy.version
      #expect(files.reloadIfChanged() == .unchanged)
      try Data("192.0.2.0/24\n198.51.100.0/24\n".utf8).write(to: file)
      #expect(files.reloadIfChanged() == .reloaded)
      #expect(try admits(files, "198.51.100.1") == false)
      #expect(files.policy.version != version)
      try Data("\n198.51.100.0/33\n".utf8).write(to: file)
      guard case .refused(let error) = files.reloadIfChanged() else { return #expect(Bool(false), "it was taken") }
      #expect(error.description.hasPrefix("\(file.path):2: "))
      #expect(files.reloadIfChanged() == .unchanged)
      #expect(try admits(files, "198.51.100.1") == false)
      try FileManager.default.removeItem(at: file)
      guard case .refused = files.reloadIfChanged() else { return #expect(Bool(false), "its absence was taken") }
      #expect(try admits(files, "192.0.2.1") == false)
      try Data().write(to: file)
      #expect(files.reloadIfChanged() == .reloaded)
      #expect(try admits(files, "192.0.2.1"))
    }
  }

  @Test func `an empty list of who is allowed allows nobody`() throws {
    try withFile("") { file in
      let files = try files(allow: ["@\(file.path)"])
      #expect(try admits(files, "192.0.2.1") == false)
    }
  }

  @Test(arguments: ["192.0.2.1/24", "host.example", "@/does/not/exist", "192.0.2.0/24,x"])
  func `what can't be used ends the program before it starts`(_ value: String) {
    #expect(throws: CommandFailure.self) { try files(allow: [value]) }
  }
}
