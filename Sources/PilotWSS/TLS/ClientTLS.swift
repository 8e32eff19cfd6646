import NIOSSL
import PilotTransport

/// TLS as a node uses it: 1.2 or newer, the certificate verified against the host's name or address.
enum ClientTLS {
  /// Reads the authorities once per transport; a connection then only refers to them.
  static func context(for configuration: WSSTransport.Configuration) throws(TransportError) -> NIOSSLContext {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    tls.certificateVerification = .fullVerification
    tls.applicationProtocols = ["http/1.1"]
    if let path = configuration.certificateAuthorities {
      do {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
      } catch {
        throw TransportError(
          code: .invalidConfiguration, message: "\(path) could not be read as PEM certificates of authorities",
          cause: error)
      }
    }
    do {
      return try NIOSSLContext(configuration: tls)
    } catch {
      throw TransportError(code: .invalidConfiguration, message: "TLS could not be set up", cause: error)
    }
  }
}
