/// Walks over a JSON text, one token at a time (RFC 8259).
///
/// The text is borrowed. `validateUTF8` comes first: what follows relies on it.
struct JSONScanner: ~Escapable {
  private let text: RawSpan

  /// Where it stands, in bytes from the start.
  private(set) var offset = 0

  @_lifetime(copy text)
  init(_ text: RawSpan) {
    self.text = text
  }

  /// Whether the text has been used up.
  var isAtEnd: Bool { offset == text.byteCount }

  /// The byte that comes next, or nil at the end.
  var next: UInt8? { isAtEnd ? nil : text.byte(at: offset) }

  /// Checks the whole text.
  func validateUTF8() throws(WireError) {
    // SAFETY: any byte is a UInt8.
    let bytes = unsafe text._unsafeView(as: UInt8.self)
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes)
    } catch {
      throw .malformedJSON(.invalidUTF8, offset: error.byteOffsets.lowerBound)
    }
  }

  func fault(_ fault: JSONFault) -> WireError {
    .malformedJSON(fault, offset: offset)
  }

  /// The fault that the next byte is one that can't stand there, or that there is none.
  func unexpected() -> WireError {
    guard let next else { return fault(.unexpectedEnd) }
    return fault(.unexpectedByte(next))
  }

  @_lifetime(self: copy self)
  mutating func skipWhiteSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { offset += 1 }
  }

  /// Steps over `byte` if it comes next, and tells whether it did.
  @_lifetime(self: copy self)
  mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    offset += 1
    return true
  }

  @_lifetime(self: copy self)
  mutating func expect(_ byte: UInt8) throws(WireError) {
    guard skip(byte) else { throw unexpected() }
  }

  /// Takes the next byte.
  @_lifetime(self: copy self)
  mutating func take() throws(WireError) -> UInt8 {
    guard let byte = next else { throw fault(.unexpectedEnd) }
    offset += 1
    return byte
  }

  /// The rest of a string whose characters all stand for themselves, as those of the wire do, without its quote, which is
  /// stepped over. Nil for another, of which nothing is taken.
  @_lifetime(self: copy self)
  mutating func plainString() -> String? {
    for end in offset..<text.byteCount {
      let byte = text.byte(at: end)
      if byte < 0x20 || byte == UInt8(ascii: "\\") { return nil }
      guard byte == UInt8(ascii: "\"") else { continue }
      defer { offset = end + 1 }
      return String(utf8: text.extracting(offset..<end))
    }
    return nil
  }

  /// Steps over any number of digits, and tells how many there were.
  @_lifetime(self: copy self)
  private mutating func skipDigits() -> Int {
    let start = offset
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    return offset - start
  }

  @_lifetime(self: copy self)
  private mutating func requireDigits() throws(WireError) {
    guard skipDigits() > 0 else { throw unexpected() }
  }

  /// A number in the grammar of RFC 8259 section 6: its value if it is whole, not negative and fits, else `.other`.
  @_lifetime(self: copy self)
  mutating func number() throws(WireError) -> FlatJSON.Value {
    var isWhole = !skip(UInt8(ascii: "-"))
    let start = offset
    if !skip(UInt8(ascii: "0")) { try requireDigits() }
    let end = offset
    if skip(UInt8(ascii: ".")) {
      isWhole = false
      try requireDigits()
    }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      isWhole = false
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      try requireDigits()
    }
    let digits = text.extracting(start..<end).copied()
    guard isWhole, let value = Decimal.parse(digits, as: UInt64.self) else { return .other }
    return .integer(value)
  }

  /// `true`, `false` or `null`.
  @_lifetime(self: copy self)
  mutating func literal(_ word: StaticString) throws(WireError) {
    for byte in word.description.utf8 { try expect(byte) }
  }
}
