// What the standard library's spans don't offer yet without `unsafe`.

extension Span<UInt8> {
  /// The same octets, untyped.
  var octets: RawSpan {
    @_lifetime(copy self)
    @inline(__always)
    get {
      // SAFETY: `bytes` is unsafe for element types with padding, which a UInt8 doesn't have.
      unsafe bytes
    }
  }
}

extension RawSpan {
  /// The octet at `offset`, which must be in bounds.
  @inline(__always)
  func octet(at offset: Int) -> UInt8 {
    // SAFETY: the load checks its bounds, and any octet is a valid UInt8.
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// The eight octets from `offset` on, in the memory's order. They must be in bounds.
  @inline(__always)
  func word(at offset: Int) -> UInt64 {
    // SAFETY: the load checks its bounds and needs no alignment, and any eight octets are a valid UInt64.
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
}
