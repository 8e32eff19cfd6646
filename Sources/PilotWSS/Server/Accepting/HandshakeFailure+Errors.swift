import NIOCore
import NIOSSL

extension HandshakeFailure.Reason {
  /// The kind of an error that a pipeline hands on before there was a request.
  init(_ error: any Error) {
    switch error {
    case let error as BoringSSLError: self = Self.tls(error)
    case NIOSSLError.handshakeFailed(let error): self = Self.tls(error)
    case NIOSSLError.uncleanShutdown: self = .hungUp
    case is NIOSSLError, is NIOSSLExtraError: self = .tlsOther
    case is IOError: self = .hungUp
    default: self = .broken
    }
  }

  private static func tls(_ error: BoringSSLError) -> Self {
    guard case .sslError(let stack) = error else { return .tlsOther }
    if stack == [.eofDuringHandshake] { return .tlsClosed }
    let words = stack.map { "\($0)" }.joined(separator: " ")
    for (part, reason) in parts where words.contains(part) { return reason }
    return .tlsOther
  }

  /// Names of the library's reasons (ssl.errordata in BoringSSL), which are stable there, by what they say about the other
  /// end.
  private static let parts: [(String, Self)] = [
    ("ALERT_", .tlsAlert), ("UNSUPPORTED_PROTOCOL", .tlsVersion), ("WRONG_SSL_VERSION", .tlsVersion),
    ("NO_SHARED_CIPHER", .tlsParameters), ("NO_SHARED_GROUP", .tlsParameters),
    ("NO_COMMON_SIGNATURE_ALGORITHMS", .tlsParameters), ("NO_SUPPORTED_VERSIONS_ENABLED", .tlsVersion),
    ("WRONG_VERSION_NUMBER", .notTLS), ("HTTP_REQUEST", .notTLS), ("HTTPS_PROXY_REQUEST", .notTLS),
  ]
}

extension HandshakeFailure {
  /// The TLS library's words, or the system's; none of the other end's bytes are in them.
  static func detail(of error: any Error) -> String? {
    switch error {
    case NIOSSLError.handshakeFailed(.sslError(let stack)), BoringSSLError.sslError(let stack):
      // Behind " at " stands where in the library it happened.
      return stack.map { "\($0)".split(separator: " at ").first.map(String.init) ?? "" }.joined(separator: ", ")
    case let error as IOError:
      return "\(error)"
    default:
      return nil
    }
  }
}
