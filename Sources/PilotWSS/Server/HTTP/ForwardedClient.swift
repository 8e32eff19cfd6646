import NIOHTTP1
import PilotTransport
import PilotWire

/// Whom a request comes from, as the proxies that it came through say in `X-Forwarded-For`, or without that in `Forwarded`
/// (RFC 7239, section 5.2).
///
/// Each proxy puts whom it heard behind the names that came with the request. So the last name that isn't a trusted proxy's
/// was written by a trusted one, and those before it by anybody.
enum ForwardedClient {
  /// The client of a request that a trusted proxy has handed on; nil if none is named, or not as an address.
  ///
  /// - Parameter isTrusted: Whether a proxy at this address is believed.
  static func client(of headers: HTTPHeaders, isTrusted: (Endpoint) -> Bool) -> Endpoint? {
    let names = headers[canonicalForm: "X-Forwarded-For"]
    let last = names.isEmpty ? forwarded(headers["Forwarded"]) : names
    var client: Endpoint?
    for name in last.reversed() {
      guard let endpoint = endpoint(name) else { return client }
      client = endpoint
      if !isTrusted(endpoint) { return client }
    }
    return client
  }

  /// The `for` of each element, in order.
  private static func forwarded(_ lines: [String]) -> [Substring] {
    lines.flatMap { elements(of: $0) }.map { element in
      for pair in element.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, trimmed(parts[0]).lowercased() == "for" else { continue }
        return unquoted(trimmed(parts[1]))
      }
      return ""
    }
  }

  /// Elements have commas between them, but for those in quotation marks.
  private static func elements(of line: String) -> [Substring] {
    var isQuoted = false
    return line.split(omittingEmptySubsequences: false) { character in
      if character == "\"" { isQuoted.toggle() }
      return character == "," && !isQuoted
    }
  }

  /// An address, IPv6 in brackets or not, with a port or without.
  private static func endpoint(_ text: Substring) -> Endpoint? {
    let text = trimmed(text)
    guard !text.contains("%") else { return nil }
    return (try? Endpoint(parsing: text)) ?? (try? Endpoint(address: String(text), port: 0))
      ?? (try? Endpoint(parsing: "\(text):0"))
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }

  private static func unquoted(_ text: Substring) -> Substring {
    text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? text.dropFirst().dropLast() : text
  }
}
