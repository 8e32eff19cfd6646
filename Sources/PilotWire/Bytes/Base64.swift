/// Base64 with the standard alphabet and padding (RFC 4648 section 4), in its one canonical form.
package enum Base64 {
  /// The text of `bytes`: four characters for every three bytes begun.
  package static func encode(_ bytes: RawSpan) -> String {
    let count = bytes.byteCount
    let text = [UInt8](capacity: (count + 2) / 3 * 4) { output in
      for offset in stride(from: 0, to: count, by: 3) {
        let second = offset + 1 < count ? bytes.byte(at: offset + 1) : 0
        let third = offset + 2 < count ? bytes.byte(at: offset + 2) : 0
        let group = UInt32(bytes.byte(at: offset)) << 16 | UInt32(second) << 8 | UInt32(third)
        output.append(character(group >> 18))
        output.append(character(group >> 12 & 63))
        output.append(offset + 1 < count ? character(group >> 6 & 63) : padding)
        output.append(offset + 2 < count ? character(group & 63) : padding)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of `text`, or nil unless it is exactly what `encode` gives for them: no white space, no missing padding, no
  /// stray bits in the last character, so that one key has one text.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count.isMultiple(of: 4) else { return nil }
    let padded = characters.suffix(2).count { $0 == padding }
    guard padded < 2 || characters[characters.count - 2] == padding else { return nil }

    var result: [UInt8] = []
    result.reserveCapacity(characters.count / 4 * 3)
    var group: UInt32 = 0
    for (index, character) in characters.dropLast(padded).enumerated() {
      guard let value = value(of: character) else { return nil }
      group = group << 6 | value
      guard index & 3 == 3 else { continue }
      result += [UInt8(group >> 16), UInt8(group >> 8 & 255), UInt8(group & 255)]
      group = 0
    }
    switch padded {
    case 1:
      guard group & 0b11 == 0 else { return nil }
      result += [UInt8(group >> 10), UInt8(group >> 2 & 255)]
    case 2:
      guard group & 0b1111 == 0 else { return nil }
      result.append(UInt8(group >> 4))
    default:
      break
    }
    return result
  }

  private static let padding = UInt8(ascii: "=")

  private static func character(_ value: UInt32) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value)
    return switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + (value - 26)
    case 52..<62: UInt8(ascii: "0") + (value - 52)
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
