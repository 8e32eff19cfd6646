extension OutputRawSpan {
  /// Appends `value` in network byte order.
  ///
  /// - Precondition: there is room for it. Writers check the whole frame's length first.
  @inlinable
  @_lifetime(self: copy self)
  package mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(bigEndian value: Value) {
    // SAFETY: the append is bounds-checked, and an integer has no padding.
    unsafe append(value.bigEndian, as: Value.self)
  }

  /// Appends all of `bytes`.
  ///
  /// - Precondition: there is room for them. Writers check the whole frame's length first.
  @inlinable
  @_lifetime(self: copy self)
  package mutating func append(contentsOf bytes: RawSpan) {
    precondition(bytes.byteCount <= freeCapacity, "no room for the bytes")
    guard !bytes.isEmpty else { return }
    // SAFETY: the destination starts behind the initialised part and has room for `byteCount` bytes, as just checked;
    // the source is borrowed for the call and can't overlap an exclusively held output.
    unsafe withUnsafeMutableBytes { destination, initializedCount in
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: destination[initializedCount...]).copyMemory(from: source)
      }
      initializedCount += bytes.byteCount
    }
  }

  /// Throws `WireError.noRoom` unless `needed` bytes can still be appended.
  @inlinable
  package func requireRoom(_ needed: Int) throws(WireError) {
    guard freeCapacity >= needed else { throw .noRoom(needed: needed, had: freeCapacity) }
  }
}
