import NIOSSL

extension TLSSummary {
  /// Of a handshake that is complete; nil without a certificate.
  init?(of handler: NIOSSLClientHandler) {
    guard let certificate = handler.peerCertificate, let names = CertificateNames(of: certificate) else { return nil }
    let version =
      switch handler.tlsVersion {
      case .tlsv13?: "TLS 1.3"
      case .tlsv12?: "TLS 1.2"
      default: "TLS"
      }
    self.init(version: version, issuer: names.issuerText, expiry: Int(certificate.notValidAfter))
  }
}
