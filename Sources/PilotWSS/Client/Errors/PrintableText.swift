/// A peer's words as they may stand in an error: in one line, with a bound, and without anything that steers a terminal.
enum PrintableText {
  /// At most `limit` characters. What doesn't show itself, such as line breaks and marks of direction, becomes a space.
  static func line(_ text: some StringProtocol, limit: Int) -> String {
    let scalars = text.unicodeScalars.map { isVisible($0) ? Character($0) : " " }
    let words = String(scalars).split(separator: " ").joined(separator: " ")
    return words.count > limit ? words.prefix(limit) + "…" : words
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
