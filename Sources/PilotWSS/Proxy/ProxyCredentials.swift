public import PilotTransport

/// User and password for a proxy. No text that is made of it shows either.
public struct ProxyCredentials: Sendable, Hashable {
  /// The longest of each, in bytes: some proxies take a token for a password.
  public static let limit = 8_192

  let user: String
  let password: String

  /// - Parameters:
  ///   - user: Without a colon, which ends it in what is sent (RFC 7617).
  ///   - password: Any text without control characters. May be empty.
  /// - Throws: `.invalidConfiguration` that says what is wrong, and quotes neither.
  public init(user: String, password: String) throws(TransportError) {
    if user.contains(":") { throw Self.invalid("a user has no colon in it") }
    guard [user, password].joined().utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw Self.invalid("there are control characters in them")
    }
    guard user.utf8.count <= Self.limit, password.utf8.count <= Self.limit else {
      throw Self.invalid("they may have \(Self.limit) bytes each")
    }
    self.user = user
    self.password = password
  }

  /// Reads `user:password`; what stands behind the first colon is the password.
  ///
  /// - Throws: `.invalidConfiguration` that says what is wrong, and quotes nothing of it.
  public init(parsing text: some StringProtocol) throws(TransportError) {
    guard let colon = text.firstIndex(of: ":") else { throw Self.invalid("they are written user:password") }
    try self.init(user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
  }

  private static func invalid(_ reason: String) -> TransportError {
    TransportError(code: .invalidConfiguration, message: "the proxy's user and password can't be used: \(reason)")
  }
}

extension ProxyCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// An ellipsis.
  public var description: String { "…" }
  /// The same.
  public var debugDescription: String { description }
  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
