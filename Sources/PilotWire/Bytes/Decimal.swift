/// Decimal text in its one canonical form: digits only, no sign, no leading zeros.
enum Decimal {
  /// The number that `digits` spell, or nil if they aren't canonical or the number doesn't fit.
  static func parse<Value: FixedWidthInteger>(_ digits: some Collection<UInt8>, as type: Value.Type) -> Value? {
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
    var result: Value = 0
    for byte in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (product, overflow) = result.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Value(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { return nil }
      result = sum
    }
    return result
  }
}
