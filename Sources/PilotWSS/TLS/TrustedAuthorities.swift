import NIOSSL
import PilotIdentity
import PilotTransport

/// The certificate authorities that a node trusts: those that it was given, or else those that the environment names, or else
/// the system's.
///
/// They are read here and not by the TLS library, which takes a store that isn't there for one that trusts nobody.
enum TrustedAuthorities {
  /// - Throws: `.invalidConfiguration` that says what was looked for and what to do, if there is nothing to trust.
  static func roots(of trust: Trust, system: SystemAuthorities) throws(TransportError) -> NIOSSLTrustRoots {
    switch trust.source {
    case .file(let path):
      return .certificates(try certificates(ofFile: path, role: "the CA file \(path)"))
    case .pem(let bytes):
      return .certificates(
        try certificates("the text of certificate authorities") { () throws(PEMFault) in try PEMFile(bytes) })
    case .keysAlone:
      return .certificates([])
    case .system(let variables) where variables.file != nil || variables.directories != nil:
      return .certificates(try certificates(of: variables))
    case .system:
      return try roots(of: system)
    }
  }

  private static func roots(of system: SystemAuthorities) throws(TransportError) -> NIOSSLTrustRoots {
    #if canImport(Darwin)
      // They aren't in files there.
      return .default
    #else
      return .certificates(try certificates(of: system))
    #endif
  }

  private static func certificates(ofFile path: String, role: String) throws(TransportError) -> [NIOSSLCertificate] {
    try certificates(role) { () throws(PEMFault) in try PEMFile(reading: path) }
  }

  private static func certificates(
    _ role: String, of file: () throws(PEMFault) -> PEMFile
  ) throws(TransportError) -> [NIOSSLCertificate] {
    do throws(PEMFault) {
      return try file().certificates()
    } catch {
      throw TransportError(code: .invalidConfiguration, message: "\(role) \(error)")
    }
  }

  private static func certificates(of variables: AuthorityVariables) throws(TransportError) -> [NIOSSLCertificate] {
    var found: [NIOSSLCertificate] = []
    if let file = variables.file {
      // As of the system's store, what can't be used of it is passed over, unless that is all.
      found = usableCertificates(inFile: file)
      if found.isEmpty {
        found = try certificates(ofFile: file, role: "the file \(file), which SSL_CERT_FILE names,")
      }
    }
    guard let directories = variables.directories else { return found }
    found += directories.split(separator: ":").flatMap { usableCertificates(inDirectory: String($0)) }
    if found.isEmpty {
      throw TransportError(
        code: .invalidConfiguration,
        message: """
          no certificate authority was found in \(directories), which SSL_CERT_DIR names; it must list directories of PEM \
          files, with colons between them
          """)
    }
    return found
  }

  private static func certificates(of system: SystemAuthorities) throws(TransportError) -> [NIOSSLCertificate] {
    for file in system.files {
      let found = usableCertificates(inFile: file)
      if !found.isEmpty { return found }
    }
    let found = system.directories.flatMap { usableCertificates(inDirectory: $0) }
    if found.isEmpty {
      throw TransportError(
        code: .invalidConfiguration,
        message: """
          this system has no certificate authorities: none was found in \
          \((system.files + system.directories).joined(separator: ", ")); install ca-certificates, set SSL_CERT_FILE, \
          give a CA file (--ca), or pin the beacon's key (--pin)
          """)
    }
    return found
  }

  /// Stores hold other things than certificates, too, and certificates that nobody can read.
  private static func usableCertificates(inFile path: String) -> [NIOSSLCertificate] {
    guard let file = try? PEMFile(reading: path) else { return [] }
    return file.certificateBlocks.compactMap(PEMFile.certificate)
  }

  private static func usableCertificates(inDirectory path: String) -> [NIOSSLCertificate] {
    guard let names = try? WholeFile.names(in: path) else { return [] }
    // Many have two names there, their own and a hash for OpenSSL.
    var seen: Set<NIOSSLCertificate> = []
    // Regular files only: to open a pipe would wait for its writer.
    return names.map { "\(path)/\($0)" }.filter { FileStamp(of: $0)?.isRegularFile == true }
      .flatMap { usableCertificates(inFile: $0) }.filter { seen.insert($0).inserted }
  }
}
