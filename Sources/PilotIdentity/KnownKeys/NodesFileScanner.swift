internal import PilotWire

/// Reads a JSON object whose members are strings, one after the other and as often as they stand there: the form of a nodes
/// file, which is too long to be held as a tree first. Foundation's decoders keep one of several members with the same name
/// without a word.
struct NodesFileScanner {
  private let bytes: [UInt8]
  private var offset: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = ByteOrderMark.length(in: bytes)
  }

  /// The line that is being read, from 1. Counts from the start each time: for faults only.
  var line: Int { 1 + bytes[..<offset].count { $0 == UInt8(ascii: "\n") } }

  /// Calls `body` with the name and value of each member; nil for a value that is no string. `body` sees the scanner behind
  /// the value, or in front of one that is no string.
  mutating func forEachMember(
    _ body: (_ name: String, _ value: String?, _ scanner: Self) throws(NodesFileProblem) -> Void
  ) throws(NodesFileProblem) {
    try expect("{", "an object")
    if !skip("}") {
      repeat {
        guard let name = try string() else { throw fault("a node ID in quotation marks") }
        try expect(":", "a colon")
        let value = try string()
        try body(name, value, self)
        guard value != nil else { throw fault("a string") }
      } while skip(",")
      try expect("}", "a comma or a closing brace")
    }
    skipWhiteSpace()
    guard offset == bytes.count else { throw fault("nothing more") }
  }

  private func fault(_ expected: String) -> NodesFileProblem {
    .notJSON(line: line, expected: expected)
  }

  private mutating func skipWhiteSpace() {
    while offset < bytes.count {
      let byte = bytes[offset]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return }
      offset += 1
    }
  }

  /// Steps over white space and `character`, if that comes next, and tells whether it did.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipWhiteSpace()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ expected: String) throws(NodesFileProblem) {
    guard skip(character) else { throw fault(expected) }
  }

  /// The string that comes next, without its escapes; nil if something else does.
  private mutating func string() throws(NodesFileProblem) -> String? {
    guard skip("\"") else { return nil }
    let start = offset
    var hasEscapes = false
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        let literal = bytes[start..<offset]
        guard let text = hasEscapes ? unescaped(literal) : String(validating: literal, as: UTF8.self) else {
          throw fault("a string of UTF-8 and JSON's escapes")
        }
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        hasEscapes = true
        offset += 2
      case 0x20...:
        offset += 1
      default:
        throw fault("no control characters in a string")
      }
    }
    offset = start
    throw fault("a string that ends")
  }

  /// The string with the given contents between its quotation marks. Rare: neither node IDs nor keys need escapes, but some
  /// writers escape each slash.
  private func unescaped(_ literal: ArraySlice<UInt8>) -> String? {
    let object = Array("{\"text\":\"".utf8) + literal + Array("\"}".utf8)
    guard let json = try? FlatJSON(parsing: object.span.raw, maximumLength: object.count) else { return nil }
    return try? json.string("text")
  }
}
