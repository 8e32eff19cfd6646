import PilotWire

/// Validates UTF-8 that arrives in parts, and refuses it at the first octet that no valid continuation can mend
/// (Unicode, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF).
struct UTF8Validator: Equatable, Sendable {
  /// Continuation octets that the current scalar still needs.
  private var missing: UInt8 = 0
  /// The range that the next continuation octet must lie in. Only the first one's can be narrower than 80…BF.
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  init() {}

  /// Whether the text may end here: no scalar is cut in half.
  var isComplete: Bool { missing == 0 }

  /// Takes the next part. `false` if the text can't be valid any more; the validator is of no use then.
  mutating func accept(_ part: RawSpan) -> Bool {
    var offset = 0
    let count = part.byteCount
    while offset < count {
      if missing == 0, offset &+ 8 <= count, part.word(at: offset) & 0x8080_8080_8080_8080 == 0 {
        offset &+= 8
        continue
      }
      guard accept(part.byte(at: offset)) else { return false }
      offset &+= 1
    }
    return true
  }

  @inline(__always)
  private mutating func accept(_ octet: UInt8) -> Bool {
    if missing > 0 {
      guard octet >= lowest, octet <= highest else { return false }
      missing &-= 1
      (lowest, highest) = (0x80, 0xBF)
      return true
    }
    switch octet {
    case 0x00...0x7F: return true
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, lowest) = (2, 0xA0)
    case 0xED: (missing, highest) = (2, 0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, lowest) = (3, 0x90)
    case 0xF4: (missing, highest) = (3, 0x8F)
    case 0xF1...0xF3: missing = 3
    default: return false
    }
    return true
  }
}
