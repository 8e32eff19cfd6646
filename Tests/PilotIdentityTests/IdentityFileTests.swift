import Foundation
import PilotIdentity
import PilotWire
import Testing

@Suite("Identity file: reading")
struct IdentityFileReadingTests {
  @Test("the file of a vector gives its identity", arguments: Vectors.nodes)
  func vectors(node: Vectors.Node) async throws {
    try await withTemporaryDirectory { directory in
      try write(node.fileText, to: directory + "/id")
      #expect(try Identity.load(from: directory + "/id").publicKey == node.key())
    }
  }

  @Test("white space, another order, escaped slashes and members that it doesn't know are fine")
  func variations() async throws {
    try await withTemporaryDirectory { directory in
      let node = Vectors.first
      let text = """
        {
          "public_key": "\(node.publicKey.replacing("/", with: "\\/"))",
          "created": {"at": [1, 2.5e3, null]},\t"node_id": 7,
          "private_key": "\(node.privateKey)"
        }

        """
      try write(text, to: directory + "/id", mode: 0o400)
      #expect(try Identity.load(from: directory + "/id").publicKey == node.key())
    }
  }

  @Test("a file is refused if anybody but its owner has access", arguments: [0o644, 0o640, 0o604, 0o620, 0o610, 0o777])
  func openToOthers(mode: Int) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      try write(Vectors.first.fileText, to: path, mode: mode)
      let error = #expect(throws: IdentityError.self) { try Identity.load(from: path) }
      #expect(error == .openToOthers(path: path, mode: UInt32(mode)))
      #expect("\(error, default: "none")".contains("chmod 600 \(path)"))
      #expect("\(error, default: "none")".contains("mode 0\(String(mode, radix: 8))"))
    }
  }

  @Test("the permissions of a link's target count")
  func link() async throws {
    try await withTemporaryDirectory { directory in
      try write(Vectors.first.fileText, to: directory + "/id", mode: 0o644)
      try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: "id")
      #expect(throws: IdentityError.openToOthers(path: directory + "/link", mode: 0o644)) {
        try Identity.load(from: directory + "/link")
      }
    }
  }

  @Test("keys that don't belong together are refused, on either side")
  func mismatch() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      let (one, other) = (Vectors.first, Vectors.second)
      try write("{\"private_key\":\"\(one.privateKey)\",\"public_key\":\"\(other.publicKey)\"}", to: path)
      #expect(throws: IdentityError.keysDisagree(path: path)) { try Identity.load(from: path) }

      let mixed = try hexBytes(one.seed) + other.key().bytes
      try write("{\"private_key\":\"\(mixed.base64)\",\"public_key\":\"\(other.publicKey)\"}", to: path)
      #expect(throws: IdentityError.keysDisagree(path: path)) { try Identity.load(from: path) }
      try write("{\"private_key\":\"\(mixed.base64)\",\"public_key\":\"\(one.publicKey)\"}", to: path)
      #expect(throws: IdentityError.keysDisagree(path: path)) { try Identity.load(from: path) }
    }
  }

  @Test("every file that breaks off early is refused, and every file with one bit flipped, without showing the key")
  func damaged() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      let node = Vectors.first
      let bytes = Array(node.fileText.utf8)
      var damaged = (0..<bytes.count).map { Array(bytes.prefix($0)) }
      for bit in 0..<8 * bytes.count {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << (bit % 8)
        damaged.append(flipped)
      }
      for bytes in damaged {
        try write(bytes, to: path)
        let error = #expect(throws: IdentityError.self) { try Identity.load(from: path) }
        switch error {
        case .malformed(path, _), .keysDisagree(path): break
        default: Issue.record("unexpected: \(String(describing: error))")
        }
        try expectNoSecret(of: node, in: "\(error, default: "none") \(String(reflecting: error))")
      }
    }
  }

  @Test(
    "what is no identity file is refused with what is wrong",
    arguments: [
      ("", "JSON"), ("garbage", "JSON"), ("[]", "JSON"), ("{}", "private_key is missing"),
      ("{\"private_key\":\"\(Vectors.first.privateKey)\"}", "public_key is missing"),
      ("{\"private_key\":7,\"public_key\":\"\"}", "private_key is not the Base64 of 64 bytes"),
      ("{\"private_key\":\"\(Vectors.first.publicKey)\"}", "private_key is not the Base64 of 64 bytes"),
      (
        "{\"private_key\":\"\(Vectors.first.privateKey)\",\"public_key\":\"x\"}",
        "public_key is not the Base64 of 32 bytes"
      ),
      ("{\"public_key\":\"\",\"public_key\":\"\"}", "each member once"),
      ("\u{FEFF}\u{FEFF}\(Vectors.first.fileText)", "JSON"),
    ])
  func malformed(text: String, reason: String) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      try write(text, to: path)
      let error = #expect(throws: IdentityError.self) { try Identity.load(from: path) }
      guard case .malformed(path, _) = error else {
        Issue.record("unexpected: \(String(describing: error))")
        return
      }
      #expect("\(error, default: "none")".contains(reason))
      try expectNoSecret(of: Vectors.first, in: "\(error, default: "none")")
    }
  }

  @Test("a file of 64 KiB is read, and one byte more is refused")
  func huge() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/id"
      let text = Vectors.first.fileText
      try write(text + String(repeating: " ", count: 65_536 - text.utf8.count), to: path)
      #expect(try Identity.load(from: path).publicKey == Vectors.first.key())
      try write(text + String(repeating: " ", count: 65_537 - text.utf8.count), to: path)
      #expect(throws: IdentityError.tooLarge(path: path, limit: 65_536)) { try Identity.load(from: path) }
    }
  }

  @Test("a missing file, a directory and a pipe without a writer are refused at once", .timeLimit(.minutes(1)))
  func notAFile() async throws {
    try await withTemporaryDirectory { directory in
      let missing = #expect(throws: IdentityError.self) { try Identity.load(from: directory + "/none") }
      guard case .cannotRead(directory + "/none", _) = missing else {
        Issue.record("unexpected: \(String(describing: missing))")
        return
      }
      #expect("\(missing, default: "none")".contains("No such file"))
      #expect(throws: IdentityError.notRegularFile(path: directory)) { try Identity.load(from: directory) }
      try makePipe(at: directory + "/pipe")
      #expect(throws: IdentityError.notRegularFile(path: directory + "/pipe")) {
        try Identity.load(from: directory + "/pipe")
      }
    }
  }

  @Test("a path with a NUL is refused instead of cut off there")
  func nul() async throws {
    try await withTemporaryDirectory { directory in
      try write(Vectors.first.fileText, to: directory + "/id")
      #expect(throws: IdentityError.self) { try Identity.load(from: directory + "/id\0.json") }
      #expect(throws: IdentityError.self) { try Identity().save(to: directory + "/new\0.json") }
      #expect(try names(in: directory) == ["id"])
    }
  }
}

extension [UInt8] {
  fileprivate var base64: String { Data(self).base64EncodedString() }
}
