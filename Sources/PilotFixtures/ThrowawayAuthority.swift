import Crypto
import FoundationEssentials
import PilotConsole
import SwiftASN1
import X509

/// A certificate authority for one run: it signs one certificate for this machine's loopback addresses, and its files are
/// gone when the run is over.
package struct ThrowawayAuthority: Sendable {
  /// The authority's certificate, which clients trust.
  package let authorityPath: String
  /// The server's certificate.
  package let certificatePath: String
  /// The server's private key.
  package let keyPath: String
  private let directory: String

  /// Writes the files into a new directory that only this user can read.
  package init() throws {
    let manager = FileManager.default
    directory = manager.temporaryDirectory.appending(path: "pilot-demo-\(UUID().uuidString)").path
    try manager.createDirectory(
      atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    authorityPath = directory + "/ca.pem"
    certificatePath = directory + "/server.pem"
    keyPath = directory + "/server.key"
    do {
      try write()
    } catch {
      remove()
      throw error
    }
  }

  /// Deletes the files.
  package func remove() {
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func write() throws {
    let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let serverKey = P256.Signing.PrivateKey()
    let authorityName = try DistinguishedName { CommonName("Pilot demo authority") }
    let now = Date()
    let (begin, end) = (now.addingTimeInterval(-3_600), now.addingTimeInterval(90 * 86_400))
    let authority = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: authorityKey.publicKey, notValidBefore: begin,
      notValidAfter: end, issuer: authorityName, subject: authorityName, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true))
      }, issuerPrivateKey: authorityKey)
    let server = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(),
      publicKey: Certificate.PrivateKey(serverKey).publicKey, notValidBefore: begin, notValidAfter: end,
      issuer: authorityName, subject: try DistinguishedName { CommonName("localhost") },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames([.dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))])
      }, issuerPrivateKey: authorityKey)
    try write(authority.serializeAsPEM().pemString, to: authorityPath, mode: 0o644)
    try write(server.serializeAsPEM().pemString, to: certificatePath, mode: 0o644)
    try write(serverKey.pemRepresentation, to: keyPath, mode: 0o600)
  }

  private func write(_ text: String, to path: String, mode: Int) throws {
    let created = FileManager.default.createFile(
      atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    guard created else { throw CommandFailure("\(path) could not be written") }
  }
}
