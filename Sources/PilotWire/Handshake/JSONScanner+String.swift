extension JSONScanner {
  /// A string in quotes, without its escapes.
  @_lifetime(self: copy self)
  mutating func string() throws(WireError) -> String {
    try expect(UInt8(ascii: "\""))
    if let plain = plainString() { return plain }
    var bytes: [UInt8] = []
    while true {
      let position = offset
      switch try take() {
      case UInt8(ascii: "\""):
        // The text is UTF-8 throughout, and escapes add whole characters.
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        bytes.append(contentsOf: String(try escape()).utf8)
      case let byte where byte < 0x20:
        throw .malformedJSON(.controlCharacter(byte), offset: position)
      case let byte:
        bytes.append(byte)
      }
    }
  }

  /// What the escape behind a backslash stands for.
  @_lifetime(self: copy self)
  private mutating func escape() throws(WireError) -> Unicode.Scalar {
    let position = offset
    switch try take() {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try codePoint(startingAt: position)
    default: throw .malformedJSON(.invalidEscape, offset: position)
    }
  }

  /// The character of `\uXXXX`, or of two of them that form a surrogate pair.
  @_lifetime(self: copy self)
  private mutating func codePoint(startingAt position: Int) throws(WireError) -> Unicode.Scalar {
    let lone = WireError.malformedJSON(.loneSurrogate, offset: position)
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
    guard first < 0xDC00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else { throw lone }
    let second = try codeUnit()
    guard (0xDC00...0xDFFF).contains(second) else { throw lone }
    let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
    guard let scalar = Unicode.Scalar(value) else { throw lone }
    return scalar
  }

  @_lifetime(self: copy self)
  private mutating func codeUnit() throws(WireError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      let position = offset
      guard let digit = Hex.value(ofDigit: try take()) else { throw .malformedJSON(.invalidEscape, offset: position) }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
