/// Whom to trust at the other end of TLS: who has a certificate for the host's name or address from one of these authorities;
/// or who shows one of these keys; or, ``pinned(to:)``, only who does both.
public struct Trust: Sendable, Hashable {
  enum Source: Sendable, Hashable {
    case system(AuthorityVariables)
    case file(String)
    case pem([UInt8])
    /// No authority is asked: a key suffices.
    case keysAlone
  }

  let source: Source
  /// The only keys that may be shown; nil for any.
  private(set) var keys: Set<KeyPin>?

  /// Those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name in this process's environment, or else the system's.
  public static var system: Trust { .system(variables: .process) }

  /// Those that these variables name, or else the system's.
  public static func system(variables: AuthorityVariables) -> Trust { Trust(source: .system(variables)) }

  /// Those in a PEM file of at most 16 MiB, and no others. It is read when a transport is made, and again before a
  /// connection that follows when it has changed.
  public static func file(_ path: String) -> Trust { Trust(source: .file(path)) }

  /// Those in the bytes of a PEM text, and no others.
  public static func pem(_ bytes: [UInt8]) -> Trust { Trust(source: .pem(bytes)) }

  /// Whoever shows a certificate with one of these keys, whatever else is in it and whoever has signed it. Nobody if there
  /// are none.
  public static func keys(_ pins: Set<KeyPin>) -> Trust { Trust(source: .keysAlone, keys: pins) }

  /// Of those who are trusted so far, whoever shows a certificate with one of these keys: nobody else who got one from the same
  /// authorities. With the next key among them, a beacon can change to it at any time.
  public func pinned(to pins: Set<KeyPin>) -> Trust {
    var trust = self
    trust.keys = keys?.intersection(pins) ?? pins
    return trust
  }
}
