/// Hexadecimal text.
package enum Hex {
  /// The lower-case digit of each value below 16.
  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
  }

  /// Two lower-case digits for each byte.
  package static func encode(_ bytes: RawSpan) -> String {
    let digits = [UInt8](capacity: 2 * bytes.byteCount) { output in
      for offset in bytes.byteOffsets {
        let byte = bytes.byte(at: offset)
        output.append(digit(byte >> 4))
        output.append(digit(byte & 15))
      }
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// The value of one digit of either case, or nil.
  package static func value(ofDigit byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// The bytes of an even number of digits of either case; nil for anything else.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var result: [UInt8] = []
    var high: UInt8?
    for byte in text.utf8 {
      guard let value = value(ofDigit: byte) else { return nil }
      if let first = high {
        result.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return high == nil ? result : nil
  }

  /// The number that exactly four digits of either case spell, or nil.
  static func parseGroup(_ digits: some Collection<UInt8>) -> UInt16? {
    digits.count == 4 ? parseShortGroup(digits) : nil
  }

  /// The number that one to four digits of either case spell, or nil.
  static func parseShortGroup(_ digits: some Collection<UInt8>) -> UInt16? {
    guard (1...4).contains(digits.count) else { return nil }
    var value: UInt16 = 0
    for byte in digits {
      guard let digit = self.value(ofDigit: byte) else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  /// `value` as `0x` and all of its digits, leading zeros included.
  package static func prefixed(_ value: some FixedWidthInteger & UnsignedInteger) -> String {
    let digits = String(value, radix: 16)
    return "0x" + padded(digits, to: value.bitWidth / 4)
  }

  /// `digits` with zeros in front, up to `width` characters.
  package static func padded(_ digits: String, to width: Int) -> String {
    String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
