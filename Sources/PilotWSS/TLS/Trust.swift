/// Which certificate authorities a node trusts when a beacon shows its certificate, whose host name or address is checked
/// in any case.
///
/// Where further conditions stand beside the authorities, such as pinned keys, they belong here and in the verification.
public struct Trust: Sendable, Hashable {
  enum Source: Sendable, Hashable {
    case system(AuthorityVariables)
    case file(String)
    case pem([UInt8])
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
}
