/// The members of one JSON object, as far as they are strings and whole numbers (RFC 8259).
///
/// Enough for messages that a stranger sends before it is authenticated, and no more: bounded in size, depth and number of
/// members. Nested values and other numbers are checked and skipped.
package struct FlatJSON: Equatable, Sendable {
  /// The most members that the object may have.
  package static let maximumMemberCount = 64
  /// How deep values may be nested, the object itself included.
  package static let maximumDepth = 16

  /// What a member holds.
  package enum Value: Equatable, Sendable {
    /// A string, without its escapes.
    case string(String)
    /// A whole number from 0 to 2⁶⁴ - 1, written without a fraction or an exponent.
    case integer(UInt64)
    /// Anything else: another number, true, false, null, an object, an array.
    case other
  }

  /// A member of the object.
  package struct Member: Equatable, Sendable {
    /// The key, without its escapes.
    package let key: String
    /// The value.
    package let value: Value
  }

  /// The members, in the order of the text. No key appears twice.
  package let members: [Member]

  /// Reads a text that holds one object and nothing else but white space.
  ///
  /// - Parameters:
  ///   - text: the text, in UTF-8.
  ///   - maximumLength: the longest text to look at, in bytes.
  /// - Throws: `WireError.payloadTooLong`, `.malformedJSON`.
  package init(parsing text: RawSpan, maximumLength: Int) throws(WireError) {
    guard text.byteCount <= maximumLength else {
      throw .payloadTooLong(limit: maximumLength, had: text.byteCount)
    }
    var scanner = JSONScanner(text)
    try scanner.validateUTF8()
    members = try Self.members(&scanner)
  }

  private static func members(_ scanner: inout JSONScanner) throws(WireError) -> [Member] {
    var members: [Member] = []
    scanner.skipWhiteSpace()
    try scanner.expect(UInt8(ascii: "{"))
    scanner.skipWhiteSpace()
    var more = !scanner.skip(UInt8(ascii: "}"))
    while more {
      scanner.skipWhiteSpace()
      let offset = scanner.offset
      let key = try scanner.string()
      guard members.count < maximumMemberCount else {
        throw .malformedJSON(.tooManyMembers(limit: maximumMemberCount), offset: offset)
      }
      guard !members.contains(where: { $0.key.hasSameBytes(as: key) }) else {
        throw .malformedJSON(.duplicateKey(key), offset: offset)
      }
      scanner.skipWhiteSpace()
      try scanner.expect(UInt8(ascii: ":"))
      scanner.skipWhiteSpace()
      members.append(Member(key: key, value: try scanner.value(depth: 1)))
      scanner.skipWhiteSpace()
      more = scanner.skip(UInt8(ascii: ","))
      if !more { try scanner.expect(UInt8(ascii: "}")) }
    }
    scanner.skipWhiteSpace()
    guard scanner.isAtEnd else { throw .malformedJSON(.trailingBytes, offset: scanner.offset) }
    return members
  }
}

extension FlatJSON {
  /// The value of a member, or nil if there is none of that name.
  package subscript(key: String) -> Value? {
    members.first { $0.key.hasSameBytes(as: key) }?.value
  }

  /// The string of a member.
  ///
  /// - Throws: `WireError.missingMember`, `.invalidMember`.
  package func string(_ key: String) throws(WireError) -> String {
    switch self[key] {
    case nil: throw .missingMember(key)
    case .string(let value): return value
    case .integer, .other: throw .invalidMember(key)
    }
  }

  /// The whole number of a member.
  ///
  /// - Throws: `WireError.missingMember`, `.invalidMember`.
  package func integer(_ key: String) throws(WireError) -> UInt64 {
    guard let value = try integerIfPresent(key) else { throw .missingMember(key) }
    return value
  }

  /// The whole number of a member, or nil if there is none of that name.
  ///
  /// - Throws: `WireError.invalidMember`.
  package func integerIfPresent(_ key: String) throws(WireError) -> UInt64? {
    switch self[key] {
    case nil: return nil
    case .integer(let value): return value
    case .string, .other: throw .invalidMember(key)
    }
  }
}

extension String {
  /// Whether the two have the same bytes. `==` also equates canonically equivalent characters (`K` and the Kelvin sign),
  /// which other readers of the same JSON tell apart.
  fileprivate func hasSameBytes(as other: String) -> Bool {
    utf8.elementsEqual(other.utf8)
  }
}
