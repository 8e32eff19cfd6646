/// The text of IPv6 addresses: read in all forms of RFC 4291 section 2.2, written in the one of RFC 5952 section 4.
enum IPv6Text {
  /// The canonical text: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as
  /// `::`.
  static func format(high: UInt64, low: UInt64) -> String {
    let run = longestZeroRun(high: high, low: low)
    var text = ""
    for index in 0..<8 {
      if run.contains(index) {
        if index == run.lowerBound { text += "::" }
        continue
      }
      if index > 0 && index != run.upperBound { text += ":" }
      text += String(group(index, high: high, low: low), radix: 16)
    }
    return text
  }

  private static func group(_ index: Int, high: UInt64, low: UInt64) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
  }

  private static func longestZeroRun(high: UInt64, low: UInt64) -> Range<Int> {
    var best = 8..<8
    var start: Int?
    for index in 0...8 {
      if index < 8, group(index, high: high, low: low) == 0 {
        start = start ?? index
      } else if let first = start {
        // A single zero group is written out (RFC 5952 section 4.2.2).
        if index - first > max(1, best.count) { best = first..<index }
        start = nil
      }
    }
    return best
  }

  /// The two halves of the address, or nil if the text isn't one. Without brackets and zone.
  static func parse(_ text: some Collection<UInt8>) -> (high: UInt64, low: UInt64)? {
    guard let gap = firstGap(text) else {
      guard let groups = groups(text[...], allowsIPv4: true), groups.count == 8 else { return nil }
      return assemble(groups, [])
    }
    let tail = text[text.index(gap, offsetBy: 2)...]
    guard let left = groups(text[..<gap], allowsIPv4: false), let right = groups(tail, allowsIPv4: true),
      // The gap stands for one zero group at least.
      left.count + right.count < 8
    else { return nil }
    return assemble(left, right)
  }

  /// Where the first `::` starts. A second one leaves an empty group behind it, which `groups` refuses.
  private static func firstGap<Text: Collection<UInt8>>(_ text: Text) -> Text.Index? {
    var previous: Text.Index?
    for index in text.indices {
      guard text[index] == UInt8(ascii: ":") else {
        previous = nil
        continue
      }
      if let previous { return previous }
      previous = index
    }
    return nil
  }

  /// The 16-bit groups of a text with colons between, the last of which may be an IPv4 address; nil if it is anything else.
  private static func groups(_ text: some Collection<UInt8>, allowsIPv4: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 8, omittingEmptySubsequences: false)
    guard parts.count <= 8 else { return nil }
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if allowsIPv4, index == parts.count - 1, let address = IPv4Text.parse(part) {
        groups.append(UInt16(address >> 16))
        groups.append(UInt16(address & 0xFFFF))
        continue
      }
      guard let group = Hex.parseShortGroup(part) else { return nil }
      groups.append(group)
    }
    return groups.count <= 8 ? groups : nil
  }

  private static func assemble(_ left: [UInt16], _ right: [UInt16]) -> (high: UInt64, low: UInt64) {
    let all = left + [UInt16](repeating: 0, count: 8 - left.count - right.count) + right
    func half(_ groups: ArraySlice<UInt16>) -> UInt64 { groups.reduce(0) { $0 << 16 | UInt64($1) } }
    return (half(all[..<4]), half(all[4...]))
  }
}
