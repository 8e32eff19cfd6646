#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The variables of the environment that OpenSSL and its users look at for certificate authorities. Where one of them is
/// set, it stands for the system's authorities. One that is set to nothing counts as not set.
public struct AuthorityVariables: Sendable, Hashable {
  /// `SSL_CERT_FILE`: a PEM file with any number of certificates.
  public var file: String?
  /// `SSL_CERT_DIR`: directories of such files, with colons between them.
  public var directories: String?

  /// Takes them from an environment.
  public init(_ environment: [String: String]) {
    file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
    directories = environment["SSL_CERT_DIR"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Those of this process.
  public static var process: AuthorityVariables { AuthorityVariables(ProcessInfo.processInfo.environment) }
}
