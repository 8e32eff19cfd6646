/// Arithmetic on nanoseconds that stays in range, whatever was configured.
extension UInt64 {
  /// The sum, or the greatest value.
  package func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The product, or the greatest value.
  package func multipliedClamped(by other: UInt64) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }

  /// How much greater than `other`, or 0: instants taken on two threads can arrive out of order.
  package func since(_ other: UInt64) -> UInt64 {
    self > other ? self - other : 0
  }
}
