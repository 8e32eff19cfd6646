import NIOSSL
import PilotTransport

/// TLS as a node uses it: 1.2 or newer, the certificate verified against the host's name or address.
enum ClientTLS {
  /// Reads the authorities once per transport; a connection then only refers to them.
  static func context(
    for configuration: WSSTransport.Configuration, system: SystemAuthorities = .known
  ) throws(TransportError) -> NIOSSLContext {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.applyPolicy()
    tls.acceptUsualCertificates()
    tls.certificateVerification = .fullVerification
    tls.trustRoots = try TrustedAuthorities.roots(
      file: configuration.certificateAuthorities, variables: configuration.authorityVariables, system: system)
    do {
      return try NIOSSLContext(configuration: tls)
    } catch {
      throw TransportError(code: .invalidConfiguration, message: "TLS could not be set up: \(error)", cause: error)
    }
  }
}
