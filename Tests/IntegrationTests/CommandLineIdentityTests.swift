import Foundation
import Testing

@Suite("pilot identity", .timeLimit(.minutes(1)))
struct CommandLineIdentityTests {
  private typealias Program = CommandLineProgram

  private func withDirectory(_ body: (URL) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "pilot-identity-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory)
  }

  @Test("new and show agree on the public key; the private one is in the file alone")
  func newAndShow() async throws {
    try await withDirectory { directory in
      let path = directory.appending(path: "id.json").path
      let made = try await Program.run("identity", "new", "--out", path)
      #expect(made.status == 0)
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
      let shown = try await Program.run("identity", "show", path)
      #expect(shown.output == made.output)
      #expect(shown.error.isEmpty)
      let json = try await Program.run("identity", "show", path, "--json")
      let nodes = try await Program.run("identity", "show", path, "--node", "7")
      let key = shown.output.trimmingCharacters(in: .newlines)
      #expect(nodes.output == "{\"7\":\"\(key)\"}\n")
      let file = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: URL(filePath: path)))
      #expect(file["public_key"] == key)
      let privateKey = try #require(file["private_key"])
      let seed = try #require(Data(base64Encoded: privateKey)?.prefix(32))
      let hex = seed.map { String(format: "%02x", $0) }.joined()
      for text in [made, shown, json, nodes].flatMap({ [$0.output, $0.error] }) {
        for secret in [privateKey, String(privateKey.prefix(40)), seed.base64EncodedString(), hex] {
          #expect(!text.contains(secret))
        }
      }
    }
  }

  @Test("an identity is never overwritten without --force")
  func force() async throws {
    try await withDirectory { directory in
      let path = directory.appending(path: "id.json").path
      let first = try await Program.run("identity", "new", "--out", path)
      let refused = try await Program.run("identity", "new", "--out", path)
      #expect(refused.status == 1)
      #expect(refused.output.isEmpty)
      #expect(refused.errorLines.count == 1)
      #expect(refused.error.contains("--force"))
      #expect(try await Program.run("identity", "show", path).output == first.output)
      let forced = try await Program.run("identity", "new", "--out", path, "--force")
      #expect(forced.status == 0)
      #expect(forced.output != first.output)
      #expect(try await Program.run("identity", "show", path).output == forced.output)
    }
  }

  @Test("a broken file is told of without a byte of it")
  func brokenFile() async throws {
    try await withDirectory { directory in
      let path = directory.appending(path: "id.json").path
      let secret = "VKnhrIlXyfMsPeAAKEBmCyU1EKw0d"
      for contents in ["{\"private_key\":\"\(secret)\"}", "{\"private_key\":\(secret)", secret] {
        try Data(contents.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let outcome = try await Program.run("identity", "show", path)
        #expect(outcome.status == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(!outcome.error.contains("VKnh"))
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
      let open = try await Program.run("identity", "show", path)
      #expect(open.status == 1)
      #expect(open.error.contains("chmod 600"))
    }
  }
}
