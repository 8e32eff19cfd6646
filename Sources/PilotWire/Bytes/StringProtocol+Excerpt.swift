extension StringProtocol {
  /// The start of a text that comes from elsewhere, fit for one line of a log: in ASCII, with all else escaped, and cut off behind so
  /// many Unicode scalars, which `...` tells then.
  package func escapedExcerpt(_ limit: Int) -> String {
    let escaped = unicodeScalars.prefix(limit).map { $0.escaped(asASCII: true) }.joined()
    return unicodeScalars.dropFirst(limit).isEmpty ? escaped : escaped + "..."
  }
}
