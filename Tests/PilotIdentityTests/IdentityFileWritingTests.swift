import Foundation
import PilotIdentity
import PilotWire
import Testing

@Suite("Identity file: writing")
struct IdentityFileWritingTests {
  @Test("a saved identity is the file of its vector, with mode 0600 and nothing beside it", arguments: Vectors.nodes)
  func save(node: Vectors.Node) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      try node.identity().save(to: path)
      #expect(try contents(of: path) == Array((node.fileText + "\n").utf8))
      #expect(try mode(of: path) == 0o600)
      #expect(try names(in: directory) == ["id"])
    }
  }

  @Test("a generated identity comes back, and its signatures verify with the one that was written")
  func roundTrip() async throws {
    try await withTemporaryDirectory { directory in
      let identity = Identity()
      try identity.save(to: directory + "/id", overwrite: false)
      let loaded = try Identity.load(from: directory + "/id")
      #expect(loaded.publicKey == identity.publicKey)
      #expect(try identity.publicKey.verifies(loaded.sign("text"), of: "text"))
    }
  }

  @Test("what is there is never overwritten unasked, whatever it is")
  func neverOverwritten() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      try write("something else", to: path, mode: 0o644)
      #expect(throws: IdentityError.alreadyExists(path: path)) { try Identity().save(to: path) }
      #expect(try contents(of: path) == Array("something else".utf8))
      #expect(try mode(of: path) == 0o644)
      #expect(throws: IdentityError.alreadyExists(path: directory)) { try Identity().save(to: directory) }
      try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: "nowhere")
      #expect(throws: IdentityError.alreadyExists(path: directory + "/link")) {
        try Identity().save(to: directory + "/link")
      }
      #expect(try names(in: directory) == ["id", "link"])
    }
  }

  @Test("overwriting on request leaves mode 0600, even where the old file was open to all")
  func overwrite() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      try write("something else", to: path, mode: 0o666)
      let identity = Identity()
      try identity.save(to: path, overwrite: true)
      #expect(try Identity.load(from: path).publicKey == identity.publicKey)
      #expect(try mode(of: path) == 0o600)
      #expect(try names(in: directory) == ["id"])
    }
  }

  @Test("of many writers at once that may not overwrite, one wins and the others are told")
  func race() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      let identities = (0..<32).map { _ in Identity() }
      let winners = await withTaskGroup { group in
        for identity in identities {
          group.addTask { () -> PublicKey? in
            do throws(IdentityError) {
              try identity.save(to: path)
              return identity.publicKey
            } catch {
              #expect(error == .alreadyExists(path: path))
              return nil
            }
          }
        }
        return await group.reduce(into: [PublicKey]()) { winners, key in key.map { winners.append($0) } }
      }
      #expect(winners.count == 1)
      let loaded = try Identity.load(from: path)
      #expect(loaded.publicKey == winners.first)
      let left = try names(in: directory)
      #expect(left == ["id"])
    }
  }

  @Test("a reader sees one whole identity at each moment of overwriting")
  func atomic() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      let identities = [Identity(), Identity()]
      let keys = Set(identities.map(\.publicKey))
      try identities[0].save(to: path)
      try await withThrowingTaskGroup { group in
        group.addTask { for round in 0..<200 { try identities[round % 2].save(to: path, overwrite: true) } }
        group.addTask {
          for _ in 0..<400 {
            let loaded = try Identity.load(from: path)
            #expect(keys.contains(loaded.publicKey))
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("a failed write says why, and leaves everything as it was")
  func failure() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/none/id"
      let error = #expect(throws: IdentityError.self) { try Identity().save(to: path) }
      guard case .cannotWrite(path, _) = error else {
        Issue.record("unexpected: \(String(describing: error))")
        return
      }
      #expect("\(error, default: "none")".contains("No such file"))

      try FileManager.default.createDirectory(atPath: directory + "/full", withIntermediateDirectories: false)
      try write("x", to: directory + "/full/x")
      #expect(throws: IdentityError.self) { try Identity().save(to: directory + "/full", overwrite: true) }
      #expect(throws: IdentityError.self) { try Identity().save(to: directory + "/full/", overwrite: true) }
      #expect(throws: IdentityError.self) { try Identity().save(to: "") }
      #expect(try names(in: directory) == ["full"])
      #expect(try names(in: directory + "/full") == ["x"])
    }
  }
}
