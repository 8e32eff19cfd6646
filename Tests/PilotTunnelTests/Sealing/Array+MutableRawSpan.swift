extension [UInt8] {
  /// Lends the bytes to be written.
  mutating func lending<Result>(_ body: (inout MutableRawSpan) throws -> Result) rethrows -> Result {
    var span = mutableSpan
    // SAFETY: UInt8 has no padding and takes any bit pattern.
    var bytes = unsafe span.mutableBytes
    return try body(&bytes)
  }
}
