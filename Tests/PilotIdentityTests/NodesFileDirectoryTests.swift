import Foundation
import PilotIdentity
import PilotWire
import Testing

@Suite("Nodes file directory", .timeLimit(.minutes(1)))
struct NodesFileDirectoryTests {
  private static func text(_ nodes: [Vectors.Node]) -> String {
    "{" + nodes.map { "\"\($0.id)\":\"\($0.publicKey)\"" }.joined(separator: ",") + "}"
  }

  /// Puts a version in place as one should: under another name first.
  private static func replace(_ path: String, with text: String) throws {
    try write(text, to: path + ".new", mode: 0o644)
    try PilotIdentityTests.replace(path, by: path + ".new")
  }

  @Test("the keys of the file are known, and those of nobody else")
  func lookup() async throws {
    try await withTemporaryDirectory { directory in
      try write(Self.text([Vectors.first]), to: directory + "/nodes")
      let keys = try NodesFileDirectory(path: directory + "/nodes")
      #expect(keys.count == 1)
      #expect(try keys.cachedPublicKey(of: Vectors.first.nodeID()) == Vectors.first.key())
      #expect(try keys.publicKey(of: Vectors.first.nodeID()) == Vectors.first.key())
      #expect(try keys.publicKey(of: Vectors.second.nodeID()) == nil)
    }
  }

  @Test("an unchanged file is not read again, and a new version is taken into use once")
  func reload() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      try write(Self.text([Vectors.first]), to: path)
      let keys = try NodesFileDirectory(path: path)
      #expect(keys.reloadIfChanged() == .unchanged)
      try Self.replace(path, with: Self.text([Vectors.first, Vectors.second]))
      #expect(keys.reloadIfChanged() == .reloaded(count: 2))
      #expect(keys.reloadIfChanged() == .unchanged)
      #expect(try keys.cachedPublicKey(of: Vectors.second.nodeID()) == Vectors.second.key())
      try Self.replace(path, with: Self.text([Vectors.second]))
      #expect(keys.reloadIfChanged() == .reloaded(count: 1))
      #expect(try keys.cachedPublicKey(of: Vectors.first.nodeID()) == nil)
    }
  }

  @Test("a new version tells whose keys it changes or leaves out, once it is in use")
  func changes() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      let (node, other, third) = (try #require(NodeID(7)), try #require(NodeID(8)), try #require(NodeID(9)))
      let (first, second) = (Vectors.first.publicKey, Vectors.second.publicKey)
      try write("{\"7\":\"\(first)\",\"8\":\"\(first)\",\"9\":\"\(first)\"}", to: path)
      let keys = try NodesFileDirectory(path: path)
      var changes = keys.changes.makeAsyncIterator()
      // A node that comes in and one that stays are no change.
      try Self.replace(path, with: "{\"7\":\"\(second)\",\"9\":\"\(first)\",\"10\":\"\(first)\"}")
      #expect(keys.reloadIfChanged() == .reloaded(count: 3))
      #expect(await changes.next() == .nodes([node, other]))
      #expect(keys.answerAtHand(for: node) == .key(try Vectors.second.key()))
      #expect(keys.answerAtHand(for: other) == .unknown)
      let old = try Vectors.first.key()
      #expect(keys.hasRevoked(old, of: node) && keys.hasRevoked(old, of: other) && !keys.hasRevoked(old, of: third))
      // Nor is a version that is refused.
      try Self.replace(path, with: "{")
      guard case .refused = keys.reloadIfChanged() else { throw Unusable() }
      try Self.replace(path, with: "{}")
      #expect(keys.reloadIfChanged() == .reloaded(count: 0))
      #expect(await changes.next() == .nodes([node, third, try #require(NodeID(10))]))
    }
  }

  private struct Unusable: Error {}

  @Test("a file of the same size and modification time is seen to be another one")
  func sameSizeAndTime() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      let time = Date(timeIntervalSince1970: 1_760_000_000)
      try write("{\"7\":\"\(Vectors.first.publicKey)\"}", to: path)
      try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
      let keys = try NodesFileDirectory(path: path)
      try write("{\"7\":\"\(Vectors.second.publicKey)\"}", to: path + ".new")
      try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path + ".new")
      try PilotIdentityTests.replace(path, by: path + ".new")
      #expect(keys.reloadIfChanged() == .reloaded(count: 1))
      #expect(try keys.cachedPublicKey(of: #require(NodeID(7))) == Vectors.second.key())
    }
  }

  @Test("a rewrite in place that keeps size and modification time is noticed by its change time")
  func changeTime() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      let time = Date(timeIntervalSince1970: 1_760_000_000)
      func rewrite(with node: Vectors.Node) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.write(contentsOf: Data("{\"7\":\"\(node.publicKey)\"}".utf8))
        try handle.close()
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
      }
      try write("", to: path)
      try rewrite(with: Vectors.first)
      let keys = try NodesFileDirectory(path: path)
      // The file system's clock ticks every few milliseconds; the rewrite after its next tick shows.
      var change = NodesFileDirectory.Change.unchanged
      for _ in 0..<100_000 where change == .unchanged {
        try rewrite(with: Vectors.second)
        change = keys.reloadIfChanged()
      }
      #expect(change == .reloaded(count: 1))
      #expect(try keys.cachedPublicKey(of: #require(NodeID(7))) == Vectors.second.key())
    }
  }

  @Test("a broken version is refused once, with its reason, and the keys from before stay")
  func broken() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      try write(Self.text([Vectors.first]), to: path)
      let keys = try NodesFileDirectory(path: path)
      let (node, seven) = (try Vectors.first.nodeID(), try #require(NodeID(7)))
      let versions: [(String, NodesFileProblem)] = [
        ("", .notJSON(line: 1, expected: "an object")),
        ("{\"\(node)\":\"\(Vectors.second.publicKey)\"", .notJSON(line: 1, expected: "a comma or a closing brace")),
        ("{\"\(node)\":\"\(Vectors.second.publicKey)\",\n\"7\":\"x\"}", .badKey(node: seven, line: 2)),
        ("{\"x\":\"\(Vectors.second.publicKey)\"}", .badNodeID(entry: "x", line: 1)),
      ]
      for (text, problem) in versions {
        try Self.replace(path, with: text)
        #expect(keys.reloadIfChanged() == .refused(NodesFileError(path: path, problem: problem)))
        #expect(keys.reloadIfChanged() == .unchanged)
        #expect(keys.count == 1)
        #expect(keys.cachedPublicKey(of: node) == (try Vectors.first.key()))
      }
      try Self.replace(path, with: Self.text([Vectors.second]))
      #expect(keys.reloadIfChanged() == .reloaded(count: 1))
    }
  }

  @Test("a file that vanished is reported once, its keys stay, and its return is noticed")
  func vanished() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      try write(Self.text([Vectors.first]), to: path)
      let keys = try NodesFileDirectory(path: path)
      try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
      guard case .refused(let error) = keys.reloadIfChanged(), case .cannotRead = error.problem else {
        Issue.record("a vanished file went unnoticed")
        return
      }
      #expect("\(error)".contains(path))
      #expect(keys.reloadIfChanged() == .unchanged)
      #expect(try keys.cachedPublicKey(of: Vectors.first.nodeID()) == Vectors.first.key())
      try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
      #expect(keys.reloadIfChanged() == .reloaded(count: 1))
      #expect(keys.reloadIfChanged() == .unchanged)
    }
  }

  @Test("a directory in the file's place and a file beyond the limit are refused, and the old keys stay")
  func notAFile() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      try write(Self.text([Vectors.first]), to: path)
      let keys = try NodesFileDirectory(path: path)
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      #expect(keys.reloadIfChanged() == .refused(NodesFileError(path: path, problem: .notRegularFile)))
      try FileManager.default.removeItem(atPath: path)
      // A file with a hole: it takes no room on the disk.
      try write("", to: path)
      try FileHandle(forUpdating: URL(filePath: path)).truncate(atOffset: UInt64(NodesFile.sizeLimit + 1))
      let tooLarge = NodesFileError(path: path, problem: .tooLarge(limit: NodesFile.sizeLimit))
      #expect(keys.reloadIfChanged() == .refused(tooLarge))
      #expect(keys.count == 1)
    }
  }

  @Test("there is no directory without a usable file to begin with")
  func noFile() async throws {
    try await withTemporaryDirectory { directory in
      #expect(throws: NodesFileError.self) { try NodesFileDirectory(path: directory + "/none") }
      try write("{\"7\":", to: directory + "/nodes")
      let error = #expect(throws: NodesFileError.self) { try NodesFileDirectory(path: directory + "/nodes") }
      #expect("\(error, default: "none")".hasPrefix("nodes file \(directory)/nodes: line 1"))
    }
  }

  @Test("lookups during reloads see one version or the other, never a mixture or a gap")
  func concurrent() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/nodes"
      let node = try #require(NodeID(7))
      let texts = Vectors.nodes.map { "{\"7\":\"\($0.publicKey)\"}" }
      let allowed = Set(try Vectors.nodes.map { try $0.key() })
      try write(texts[0], to: path)
      let keys = try NodesFileDirectory(path: path)
      try await withThrowingTaskGroup { group in
        group.addTask { for round in 1...200 { try Self.replace(path, with: texts[round % 2]) } }
        for _ in 0..<2 { group.addTask { for _ in 0..<200 { _ = keys.reloadIfChanged() } } }
        group.addTask { for _ in 0..<20_000 { #expect(keys.cachedPublicKey(of: node).map(allowed.contains) == true) } }
        try await group.waitForAll()
      }
      _ = keys.reloadIfChanged()
      #expect(keys.cachedPublicKey(of: node) == (try Vectors.nodes[0].key()))
    }
  }
}
