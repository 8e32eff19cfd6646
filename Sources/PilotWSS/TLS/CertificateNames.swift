import NIOSSL
import SwiftASN1

/// Whom a certificate is for and who signed it, as the encoded names (RFC 5280, section 4.1.2), which are compared byte by
/// byte.
struct CertificateNames {
  let issuer: ArraySlice<UInt8>
  let subject: ArraySlice<UInt8>

  /// `nil` for what isn't laid out as a certificate.
  init?(of certificate: NIOSSLCertificate) {
    guard let bytes = try? certificate.toDERBytes(), let root = try? DER.parse(bytes),
      case .constructed(let parts) = root.content, let body = parts.first(where: { _ in true }),
      case .constructed(let fields) = body.content
    else { return nil }
    // version, which may be left out; serial number, algorithm, issuer, validity, subject
    let names = fields.filter { $0.identifier.tagClass == .universal }
    guard names.count >= 5 else { return nil }
    issuer = names[2].encodedBytes
    subject = names[4].encodedBytes
  }
}
