import NIOHTTP1

/// When a server wants to be called again (RFC 9110, section 10.2.3): a number of seconds, or a date.
enum RetryAfter {
  /// The longest that is told apart, in seconds. Who asks for more gets this, which no backoff waits for.
  static let longest = 86_400

  /// The delay from now on; `nil` where the head names none, or what it names is neither.
  static func delay(in headers: HTTPHeaders, at unixTime: Int) -> Duration? {
    guard let value = headers.first(name: "Retry-After") else { return nil }
    if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return .seconds(min(Int(value) ?? longest, longest))
    }
    return HTTPDate.unixTime(value).map { .seconds(min(max($0 - unixTime, 0), longest)) }
  }
}
