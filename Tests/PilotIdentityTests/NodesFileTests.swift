import PilotIdentity
import PilotTesting
import PilotWire
import Testing

@Suite("Nodes file")
struct NodesFileTests {
  private static let key = Vectors.first.publicKey

  private func parse(_ text: String) throws -> [NodeID: PublicKey] {
    try NodesFile.parse(Array(text.utf8))
  }

  @Test("nodes and keys are read, whatever the white space and the escapes")
  func valid() throws {
    let (first, second) = (Vectors.first, Vectors.second)
    let expected = try [first.nodeID(): first.key(), second.nodeID(): second.key()]
    let compact = "{\"\(first.id)\":\"\(first.publicKey)\",\"\(second.id)\":\"\(second.publicKey)\"}"
    #expect(try parse(compact) == expected)
    #expect(try parse(compact.replacing("/", with: "\\/")) == expected)
    #expect(try parse(compact.replacing("=\"", with: "\\u003d\"")) == expected)
    let spread = compact.replacing(",", with: "\n ,\t").replacing(":", with: " : ")
    #expect(try parse(" \r\n\t\(spread)\n") == expected)
  }

  @Test("an empty object is a file with no nodes")
  func empty() throws {
    #expect(try parse("{}").isEmpty)
    #expect(try parse(" { } ").isEmpty)
  }

  @Test(
    "an entry whose name is no node ID is named",
    arguments: ["0", "", "-1", "+1", "01", " 1", "1 ", "4294967296", "0x1", "1.0", "node", "１"])
  func badNodeID(name: String) throws {
    #expect(throws: NodesFileProblem.badNodeID(entry: name.unicodeScalars.escaped, line: 2)) {
      try parse("{\"1\":\"\(Self.key)\",\n\"\(name)\":\"\(Self.key)\"}")
    }
  }

  @Test("what a message quotes of a file is escaped and cut off")
  func excerpt() throws {
    let error = #expect(throws: NodesFileProblem.self) {
      try parse("{\"a\\n\\u001b\(String(repeating: "x", count: 1_000))\":\"\"}")
    }
    let text = "\(error, default: "none")"
    #expect(text.contains("a\\n\\u{1B}xxx"))
    #expect(text.utf8.count < 200)
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }

  @Test(
    "an entry whose value is no key is named",
    arguments: [
      "\"\"", "\"AAAA\"", "7", "null", "[]", "{\"a\":\"b\"}", "\"\(Vectors.first.privateKey)\"",
      "\"\(Vectors.first.publicKey.dropLast())\"", "\"\(Vectors.first.publicKey)\\n\"",
      "\"\(Vectors.first.publicKey.replacing("/", with: "_"))\"",
    ])
  func badKey(value: String) throws {
    #expect(throws: NodesFileProblem.badKey(node: try #require(NodeID(7)), line: 3)) {
      try parse("{\"1\":\"\(Self.key)\",\n\n\"7\":\(value)}")
    }
  }

  @Test("the second entry of a node is named, be its key the same or another, and however it is spelt")
  func duplicate() throws {
    let error = NodesFileProblem.duplicate(node: try #require(NodeID(7)), line: 3)
    #expect(throws: error) { try parse("{\"7\":\"\(Self.key)\",\n\"8\":\"\(Self.key)\",\n\"7\":\"\(Self.key)\"}") }
    #expect(throws: error) {
      try parse("{\"7\":\"\(Self.key)\",\n\"8\":\"\(Self.key)\",\n\"\\u0037\":\"\(Vectors.second.publicKey)\"}")
    }
  }

  @Test(
    "what isn't one JSON object is refused",
    arguments: [
      "", " ", "[]", "\"7\"", "null", "{", "}", "{,}", "{\"7\"}", "{7:\"\(key)\"}", "{\"7\":\"\(key)\",}",
      "{\"7\":\"\(key)\"}}", "{\"7\":\"\(key)\"} {}", "{\"7\":\"\(key)\" \"8\":\"\(key)\"}", "{\"7\" \"\(key)\"}",
      "{\"7\":\"\(key)\"", "\u{FEFF}\u{FEFF}{}", "{\"7\n\":\"\(key)\"}", "{\"\\x37\":\"\(key)\"}",
      "{\"\\ud800\":\"\(key)\"}",
      "{\"7\\", "{\"7\\\"", "// comment\n{}",
    ])
  func notJSON(text: String) {
    let error = #expect(throws: NodesFileProblem.self) { try parse(text) }
    guard case .notJSON = error else {
      Issue.record("unexpected: \(String(describing: error))")
      return
    }
  }

  @Test("every file that breaks off early is refused")
  func prefixes() {
    let bytes = Array("{\"7\":\"\(Self.key)\",\"8\":\"\(Vectors.second.publicKey)\"}".utf8)
    for length in 0..<bytes.count {
      #expect(throws: NodesFileProblem.self) { try NodesFile.parse(Array(bytes.prefix(length))) }
    }
  }

  @Test("bytes that aren't UTF-8 are refused")
  func notUTF8() {
    #expect(throws: NodesFileProblem.self) { try NodesFile.parse(Array("{\"7".utf8) + [0xFF] + Array("\":\"\"}".utf8)) }
  }

  @Test("random bytes and random edits of a good file never trap")
  func random() {
    var generator = SeededRandom(seed: 42)
    let good = Array("{\"7\":\"\(Self.key)\",\n \"8\" : \"\(Vectors.second.publicKey)\"}".utf8)
    let alphabet = Array("{}[]\":,\\u07 \n=".utf8)
    for _ in 0..<5_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
        }
      }
      _ = try? NodesFile.parse(bytes)
    }
  }

  @Test("a static directory answers at once, and doesn't know what it wasn't given")
  func staticDirectory() async throws {
    let directory: any KeyDirectory = StaticKeyDirectory([try Vectors.first.nodeID(): try Vectors.first.key()])
    #expect(try await directory.publicKey(of: Vectors.first.nodeID()) == Vectors.first.key())
    #expect(try directory.cachedPublicKey(of: Vectors.first.nodeID()) == Vectors.first.key())
    #expect(try await directory.publicKey(of: Vectors.second.nodeID()) == nil)
  }

  @Test("a directory that doesn't say so has nothing at hand")
  func defaultCache() async throws {
    struct Remote: KeyDirectory {
      func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
        throw KeyDirectoryError(code: .unavailable, message: "the registry doesn't answer")
      }
    }
    #expect(try Remote().cachedPublicKey(of: Vectors.first.nodeID()) == nil)
    let error = await #expect(throws: KeyDirectoryError.self) {
      try await Remote().publicKey(of: Vectors.first.nodeID())
    }
    #expect(error?.isTransient == true)
    #expect("\(error, default: "none")" == "unavailable: the registry doesn't answer")
  }
}

extension String.UnicodeScalarView {
  fileprivate var escaped: String { map { $0.escaped(asASCII: true) }.joined() }
}
