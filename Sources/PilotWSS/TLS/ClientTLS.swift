import NIOCore
import NIOSSL
import PilotTransport

/// TLS as a node uses it: 1.2 or newer, the certificate verified against the host's name or address.
package struct ClientTLS: Sendable {
  private let context: NIOSSLContext
  /// Those that are trusted; empty where the system alone knows them.
  private let authorities: [NIOSSLCertificate]

  /// Reads the authorities; a connection then only refers to them (``ClientTrust``).
  ///
  /// - Throws: `.invalidConfiguration` that says what is wrong with them.
  init(trusting trust: Trust, system: SystemAuthorities = .known) throws(TransportError) {
    let roots = try TrustedAuthorities.roots(of: trust, system: system)
    if case .certificates(let certificates) = roots { authorities = certificates } else { authorities = [] }
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.applyPolicy()
    tls.acceptUsualCertificates()
    tls.certificateVerification = .fullVerification
    tls.trustRoots = roots
    do {
      context = try NIOSSLContext(configuration: tls)
    } catch {
      throw TransportError(code: .invalidConfiguration, message: "TLS could not be set up: \(error)", cause: error)
    }
  }

  /// What secures one connection.
  func handler(for beacon: WSSURL) throws -> NIOSSLClientHandler {
    try NIOSSLClientHandler(context: context, serverHostname: beacon.serverName)
  }

  /// Why the certificate was refused, if that is what a handshake failed for.
  ///
  /// The TLS library decides, and doesn't say why. Its custom verification would: but that takes the place of its own, path
  /// building included. So the decision stays with the library, and the reason is looked for afterwards, in the same
  /// certificate and the same authorities.
  ///
  /// - Parameter certificate: The beacon's own, if the handshake got as far.
  func fault(after error: any Error, of certificate: NIOSSLCertificate?, at unixTime: Int) -> CertificateFault? {
    if error as? NIOSSLExtraError == .failedToValidateHostname { return .otherHost }
    // A connection that broke says nothing about a certificate.
    guard error as? NIOSSLError != .handshakeFailed(.sslError([.eofDuringHandshake])), error is NIOSSLError,
      let certificate, let names = CertificateNames(of: certificate)
    else { return nil }
    if let fault = Self.fault(inTimesOf: certificate, at: unixTime) { return fault }
    guard !authorities.isEmpty, !authorities.contains(certificate) else { return .notAccepted }
    if names.issuer == names.subject { return .selfSigned }
    let issuers = authorities.filter { CertificateNames(of: $0)?.subject == names.issuer }
    if issuers.isEmpty { return .unknownAuthority }
    return issuers.allSatisfy { Self.fault(inTimesOf: $0, at: unixTime) != nil } ? .authorityNotValid : .notAccepted
  }

  private static func fault(inTimesOf certificate: NIOSSLCertificate, at unixTime: Int) -> CertificateFault? {
    let (first, last) = (Int(certificate.notValidBefore), Int(certificate.notValidAfter))
    if last < unixTime { return .expired(last) }
    return first > unixTime ? .notYetValid(first) : nil
  }
}

extension WSSURL {
  /// The name for SNI and for the certificate's check; `nil` for an IP address, which TLS checks by itself.
  var serverName: String? {
    // No name has a colon, and an address with one may have a zone behind it, which not every machine knows.
    if host.contains(":") || (try? SocketAddress(ipAddress: host, port: 0)) != nil { return nil }
    // The dot of a name that is meant from the root is for the resolver alone (RFC 6066, section 3).
    return host.hasSuffix(".") ? String(host.dropLast()) : host
  }
}
