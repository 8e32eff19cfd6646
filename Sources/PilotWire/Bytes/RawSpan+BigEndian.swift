extension RawSpan {
  /// The byte at `offset`.
  ///
  /// - Precondition: `offset` lies inside the span. Parsers check the length first.
  @inlinable
  package func byte(at offset: Int) -> UInt8 {
    // SAFETY: the load is bounds-checked, and any bit pattern is a UInt8.
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
  }

  /// The big-endian integer of `Value`'s width at `offset`.
  ///
  /// - Precondition: the whole integer lies inside the span. Parsers check the length first.
  @inlinable
  package func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int,
    as type: Value.Type = Value.self
  ) -> Value {
    // SAFETY: the load is bounds-checked and unaligned, and any bit pattern is an integer.
    Value(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// The eight bytes from `offset` on, in the memory's order: for what only carries or combines them.
  ///
  /// - Precondition: all of them lie inside the span.
  @inlinable
  package func word(at offset: Int) -> UInt64 {
    // SAFETY: the load is bounds-checked and unaligned, and any bit pattern is a UInt64.
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// A copy of the bytes, for what outlives the buffer.
  public func copied() -> [UInt8] {
    [UInt8](capacity: byteCount) { output in
      for offset in byteOffsets { output.append(byte(at: offset)) }
    }
  }

  /// Throws `WireError.truncated` unless there are at least `needed` bytes.
  @inlinable
  package func require(_ needed: Int) throws(WireError) {
    guard byteCount >= needed else { throw .truncated(needed: needed, had: byteCount) }
  }
}

extension String {
  /// A copy of bytes that are UTF-8; nil for any others.
  public init?(utf8 bytes: RawSpan) {
    // SAFETY: the string is a copy; the pointer doesn't outlive the closure.
    let text = unsafe bytes.withUnsafeBytes { bytes in unsafe String(validating: bytes, as: UTF8.self) }
    guard let text else { return nil }
    self = text
  }
}

extension Span where Element == UInt8 {
  /// The same bytes as a `RawSpan`, which is what every parser here takes.
  @inlinable
  package var raw: RawSpan {
    @_lifetime(copy self)
    get {
      // SAFETY: UInt8 has no padding: each byte of the span is initialised.
      unsafe bytes
    }
  }
}
