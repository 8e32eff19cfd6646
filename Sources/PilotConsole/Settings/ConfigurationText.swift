internal import PilotIdentity
internal import PilotWire

/// Reads the text of a configuration file: JSON (RFC 8259), with the line of each member, and each member as often as it
/// stands there. Foundation's readers keep one of two members with the same name without a word, and take `true` for 1.
struct ConfigurationText {
  /// A value of the file.
  enum Value: Equatable {
    case null
    case bool(Bool)
    /// As it is written.
    case number(String)
    case text(String)
    case list([Value])
    case object([Member])
  }

  /// A member of an object.
  struct Member: Equatable {
    let name: String
    /// From 1.
    let line: Int
    let value: Value
  }

  /// Why a text is no JSON.
  struct Fault: Error, Equatable {
    /// From 1.
    let line: Int
    /// What should have stood there.
    let expected: String
  }

  /// Settings have sections, and sections have settings; nobody needs more than a few levels.
  private static let depthLimit = 8

  private let bytes: [UInt8]
  private var offset: Int
  private var line = 1

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = ByteOrderMark.length(in: bytes)
  }

  /// The members of the one object that the text is.
  static func members(of bytes: [UInt8]) throws(Fault) -> [Member] {
    var text = Self(bytes)
    guard text.next() == UInt8(ascii: "{") else { throw text.fault("an object") }
    let members = try text.object(depth: 1)
    guard text.next() == nil else { throw text.fault("nothing more") }
    return members
  }

  private func fault(_ expected: String) -> Fault { Fault(line: line, expected: expected) }

  /// The next byte that is no white space, which stays the next one.
  private mutating func next() -> UInt8? {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x0A: line += 1
      case 0x20, 0x09, 0x0D: break
      default: return bytes[offset]
      }
      offset += 1
    }
    return nil
  }

  /// Steps over `character` if it comes next, and tells whether it did.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next() == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func value(depth: Int) throws(Fault) -> Value {
    guard depth <= Self.depthLimit else { throw fault("no more than \(Self.depthLimit) levels") }
    switch next() {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .list(try list(depth: depth))
    case UInt8(ascii: "\""): return .text(try text())
    default: return try word()
    }
  }

  private mutating func object(depth: Int) throws(Fault) -> [Member] {
    offset += 1
    var members: [Member] = []
    if skip("}") { return members }
    repeat {
      guard next() == UInt8(ascii: "\"") else { throw fault("a name in quotation marks") }
      let line = line
      let name = try text()
      guard skip(":") else { throw fault("a colon") }
      members.append(Member(name: name, line: line, value: try value(depth: depth + 1)))
    } while skip(",")
    guard skip("}") else { throw fault("a comma or a closing brace") }
    return members
  }

  private mutating func list(depth: Int) throws(Fault) -> [Value] {
    offset += 1
    var values: [Value] = []
    if skip("]") { return values }
    repeat { values.append(try value(depth: depth + 1)) } while skip(",")
    guard skip("]") else { throw fault("a comma or a closing bracket") }
    return values
  }

  /// A string in quotation marks, which come next. How its escapes are to be read is the wire's to know.
  private mutating func text() throws(Fault) -> String {
    let start = offset
    offset += 1
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
      offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard offset < bytes.count else { throw fault("a string that ends") }
    offset += 1
    let object = Array("{\"text\":".utf8) + bytes[start..<offset] + Array("}".utf8)
    guard let json = try? FlatJSON(parsing: object.span.raw, maximumLength: object.count),
      let text = try? json.string("text")
    else { throw fault("a string of UTF-8 on one line, with JSON's escapes") }
    return text
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws(Fault) -> Value {
    let start = offset
    while offset < bytes.count, !" \t\r\n,]}".utf8.contains(bytes[offset]) { offset += 1 }
    let word = String(decoding: bytes[start..<offset], as: UTF8.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    default:
      // What JSON takes for a number, and Swift's readers take more than that.
      let object = Array("{\"number\":\(word)}".utf8)
      guard let first = word.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
        (try? FlatJSON(parsing: object.span.raw, maximumLength: object.count)) != nil
      else { throw fault("a value") }
      return .number(word)
    }
  }
}
