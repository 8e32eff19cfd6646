package import NIOCore
import NIOSSL
package import PilotTransport

/// TLS as a client uses it: 1.2 or newer, the certificate verified against authorities and the host's name or address, its key
/// against those that are pinned, or both.
package struct ClientTLS: Sendable {
  private let context: NIOSSLContext
  /// Those that are trusted; empty where the system alone knows them.
  private let authorities: [NIOSSLCertificate]
  /// The only keys that are trusted; nil for any.
  private let pins: Set<KeyPin>?
  /// Whether a pinned key is enough.
  private let keysSuffice: Bool
  /// Whether certificates are judged at all.
  private let isVerifying: Bool

  /// Reads the authorities; a connection then only refers to them (``ClientTrust``).
  ///
  /// - Parameter protocols: What is spoken over it (ALPN). Default: HTTP.
  /// - Throws: `.invalidConfiguration` that says what is wrong with them.
  package init(trusting trust: Trust, protocols: [String] = ["http/1.1"]) throws(TransportError) {
    try self.init(trusting: trust, system: .known, protocols: protocols)
  }

  /// TLS that takes whatever certificate it is shown: to see what is there, and for nothing that matters to anybody.
  static func unverified() throws(TransportError) -> ClientTLS { try ClientTLS() }

  private init() throws(TransportError) {
    (authorities, pins, keysSuffice, isVerifying) = ([], nil, false, false)
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.applyPolicy()
    tls.applicationProtocols = ["http/1.1"]
    tls.acceptUsualCertificates()
    tls.certificateVerification = .none
    context = try Self.context(tls)
  }

  init(trusting trust: Trust, system: SystemAuthorities, protocols: [String] = ["http/1.1"]) throws(TransportError) {
    let roots = try TrustedAuthorities.roots(of: trust, system: system)
    if case .certificates(let certificates) = roots { authorities = certificates } else { authorities = [] }
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.applyPolicy()
    tls.applicationProtocols = protocols
    tls.acceptUsualCertificates()
    pins = trust.keys
    keysSuffice = trust.source == .keysAlone
    isVerifying = true
    // The name says nothing where a key suffices.
    tls.certificateVerification = keysSuffice ? .noHostnameVerification : .fullVerification
    tls.trustRoots = roots
    context = try Self.context(tls)
  }

  private static func context(_ configuration: TLSConfiguration) throws(TransportError) -> NIOSSLContext {
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw TransportError(code: .invalidConfiguration, message: "TLS could not be set up: \(error)", cause: error)
    }
  }

  /// Secures one connection to a host, a name or an IP address. On its event loop, before anything is sent.
  package func secure(_ channel: any Channel, to host: String) throws {
    try channel.pipeline.syncOperations.addHandler(try handler(host: host))
  }

  /// What secures one connection to a host, a name or an IP address.
  func handler(host: String) throws -> NIOSSLClientHandler {
    let name = Self.serverName(of: host)
    guard isVerifying else { return try NIOSSLClientHandler(context: context, serverHostname: name) }
    guard let pins, keysSuffice else {
      let dialled = name ?? host.prefix { $0 != "%" }.description
      // Once the library has verified all else, and before anything is sent to the peer.
      return try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: name) {
        [pins] certificate, channel in
        guard let fault = Self.fault(of: certificate, dialled: dialled, pins) else {
          return channel.eventLoop.makeSucceededVoidFuture()
        }
        return channel.eventLoop.makeFailedFuture(fault)
      }
    }
    // In the place of the library's own verification.
    return try NIOSSLClientHandler(context: context, serverHostname: name) { certificates, promise in
      // Only the first one's key is proven to be the peer's.
      let isPinned = certificates.first.map { Self.hasKey(of: pins, $0) } ?? false
      promise.succeed(isPinned ? .certificateVerified : .failed)
    }
  }

  /// What the library leaves open: it also takes a certificate for the address that is connected to, whatever name was
  /// dialled, and through a proxy that is the proxy's; and it knows of no pins.
  private static func fault(
    of certificate: NIOSSLCertificate, dialled host: String, _ pins: Set<KeyPin>?
  ) -> CertificateFault? {
    guard certificate.isFor(host) else { return .otherHost(certificate.claimedHosts) }
    guard let pins, !hasKey(of: pins, certificate) else { return nil }
    return .otherKey(KeyPin(of: certificate))
  }

  private static func hasKey(of pins: Set<KeyPin>, _ certificate: NIOSSLCertificate) -> Bool {
    KeyPin(of: certificate).map(pins.contains) ?? false
  }

  /// The name for SNI and for the certificate's check; nil for an IP address, which TLS checks by itself.
  fileprivate static func serverName(of host: String) -> String? {
    // No name has a colon, and an address with one may have a zone behind it, which not every machine knows.
    if host.contains(":") || (try? SocketAddress(ipAddress: host, port: 0)) != nil { return nil }
    // The dot of a name that is meant from the root is for the resolver alone (RFC 6066, section 3).
    return host.hasSuffix(".") ? String(host.dropLast()) : host
  }

  /// Why the certificate was refused, if that is what a handshake failed for.
  ///
  /// The TLS library decides, and doesn't say why. Its custom verification would: but that takes the place of its own, path
  /// building included. So the decision stays with the library, and the reason is looked for afterwards, in the same
  /// certificate and the same authorities.
  ///
  /// - Parameter certificate: The beacon's own, if the handshake got as far.
  func fault(after error: any Error, of certificate: NIOSSLCertificate?, at unixTime: Int) -> CertificateFault? {
    if let fault = error as? CertificateFault { return fault }
    if error as? NIOSSLExtraError == .failedToValidateHostname { return .otherHost(certificate?.claimedHosts ?? []) }
    // A connection that broke says nothing about a certificate, nor does one that the other end has refused.
    guard error as? NIOSSLError != .handshakeFailed(.sslError([.eofDuringHandshake])), error is NIOSSLError,
      HandshakeFailure.Reason(error) != .tlsAlert,
      let certificate, let names = CertificateNames(of: certificate)
    else { return nil }
    if keysSuffice { return Self.hasKey(of: pins ?? [], certificate) ? nil : .otherKey(KeyPin(of: certificate)) }
    if let fault = Self.fault(inTimesOf: certificate, at: unixTime) { return fault }
    if names.issuer == names.subject, !authorities.contains(certificate) { return .selfSigned(names.subjectText) }
    if authorities.contains(certificate) { return .notAccepted }
    let issuers = authorities.filter { CertificateNames(of: $0)?.subject == names.issuer }
    if issuers.isEmpty { return .unknownAuthority(names.issuerText) }
    return issuers.allSatisfy { Self.fault(inTimesOf: $0, at: unixTime) != nil } ? .authorityNotValid : .notAccepted
  }

  private static func fault(inTimesOf certificate: NIOSSLCertificate, at unixTime: Int) -> CertificateFault? {
    let (first, last) = (Int(certificate.notValidBefore), Int(certificate.notValidAfter))
    if last < unixTime { return .expired(last, now: unixTime) }
    return first > unixTime ? .notYetValid(first, now: unixTime) : nil
  }
}

extension WSSURL {
  /// The name for SNI and for the certificate's check; `nil` for an IP address, which TLS checks by itself.
  var serverName: String? { ClientTLS.serverName(of: host) }
}
