extension JSONScanner {
  /// Any value. Objects and arrays are checked and skipped.
  ///
  /// - Parameter depth: how many objects and arrays the value stands in.
  @_lifetime(self: copy self)
  mutating func value(depth: Int) throws(WireError) -> FlatJSON.Value {
    guard let next else { throw fault(.unexpectedEnd) }
    switch next {
    case UInt8(ascii: "\""):
      return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return try number()
    case UInt8(ascii: "t"):
      try literal("true")
    case UInt8(ascii: "f"):
      try literal("false")
    case UInt8(ascii: "n"):
      try literal("null")
    case UInt8(ascii: "{"):
      try skipNested(depth: depth + 1, close: UInt8(ascii: "}"), hasKeys: true)
    case UInt8(ascii: "["):
      try skipNested(depth: depth + 1, close: UInt8(ascii: "]"), hasKeys: false)
    default:
      throw unexpected()
    }
    return .other
  }

  /// An object or an array, from its opening bracket to its closing one. The recursion ends at the depth bound.
  @_lifetime(self: copy self)
  private mutating func skipNested(depth: Int, close: UInt8, hasKeys: Bool) throws(WireError) {
    guard depth <= FlatJSON.maximumDepth else { throw fault(.tooDeep(limit: FlatJSON.maximumDepth)) }
    _ = try take()
    skipWhiteSpace()
    var more = !skip(close)
    while more {
      skipWhiteSpace()
      if hasKeys {
        _ = try string()
        skipWhiteSpace()
        try expect(UInt8(ascii: ":"))
        skipWhiteSpace()
      }
      _ = try value(depth: depth)
      skipWhiteSpace()
      more = skip(UInt8(ascii: ","))
      if !more { try expect(close) }
    }
  }
}
