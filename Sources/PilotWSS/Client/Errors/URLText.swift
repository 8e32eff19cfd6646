/// URLs as they may be repeated in errors and logs: without what may be a secret.
package enum URLText {
  /// A URL, or what was meant for one, without user, password, query and fragment.
  ///
  /// A password may hold any character when somebody writes it without escaping: everything up to the last `@` goes.
  package static func withoutSecrets(_ url: String) -> String {
    let (scheme, rest) = split(url)
    let shown = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
    // Where a query began before the last @, what follows may still be the query's.
    if rest[..<shown.startIndex].contains(where: isEnd) { return scheme + "…" }
    let mark = shown.startIndex == rest.startIndex ? "" : "…@"
    guard let end = shown.firstIndex(where: isEnd) else { return scheme + mark + shown }
    return scheme + mark + shown[..<end] + "…"
  }

  private static func isEnd(_ character: Character) -> Bool { character == "?" || character == "#" }

  /// A text of many lines, such as a usage error, without what may be a secret in its URLs, and in words that may be meant
  /// for one.
  package static func withoutSecrets(in text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      var line = String(line)
      // A password may hold spaces: everything between a scheme and the last @ goes.
      if let scheme = line.firstRange(of: "://"), let at = line.lastIndex(of: "@"), scheme.upperBound <= at {
        line = line[..<scheme.upperBound] + "…" + line[at...]
      }
      return line.split(separator: " ", omittingEmptySubsequences: false).map { word in
        guard word.contains("@") || word.contains("://") else { return String(word) }
        let quote = word.hasPrefix("'") ? "'" : ""
        return quote + withoutSecrets(String(word.dropFirst(quote.count)))
      }.joined(separator: " ")
    }.joined(separator: "\n")
  }

  /// What stands before `://` is shown only if it is a scheme (RFC 3986, section 3.1), and not a password.
  private static func split(_ url: String) -> (scheme: String, rest: Substring) {
    guard let mark = url.firstRange(of: "://"), url[..<mark.lowerBound].utf8.allSatisfy(isLetterOrDigit) else {
      return ("", url[...])
    }
    return (String(url[..<mark.upperBound]), url[mark.upperBound...])
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
