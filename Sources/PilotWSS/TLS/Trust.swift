/// Whom to trust at the other end of TLS: certificate authorities, and then the host's name or address is checked as well;
/// or keys that are known beforehand, and then nothing else is.
public struct Trust: Sendable, Hashable {
  enum Source: Sendable, Hashable {
    case system(AuthorityVariables)
    case file(String)
    case pem([UInt8])
    case keys(Set<KeyPin>)
  }

  let source: Source

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
  public static func keys(_ pins: Set<KeyPin>) -> Trust { Trust(source: .keys(pins)) }
}
