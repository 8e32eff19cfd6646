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

  /// The issuer, for people.
  var issuerText: String { Self.text(of: issuer) }
  /// The subject, for people.
  var subjectText: String { Self.text(of: subject) }

  /// Most of a name's parts that are said, and most characters of each: a stranger has written them.
  private static let limit = (parts: 4, characters: 64)
  /// Object identifiers (X.520, 2.5.4.x) of what tells who somebody is, in their encoding.
  private static let labels: [[UInt8]: String] = [
    [0x55, 4, 3]: "CN", [0x55, 4, 10]: "O", [0x55, 4, 11]: "OU", [0x55, 4, 6]: "C",
  ]

  /// `CN=Example Root, O=Example`, in the certificate's order; the organisation says most where an authority is a firm's own.
  private static func text(of name: ArraySlice<UInt8>) -> String {
    guard let root = try? DER.parse(name), case .constructed(let sets) = root.content else { return "nobody" }
    let parts = sets.flatMap(Self.parts(of:))
    return parts.isEmpty ? "nobody by name" : parts.prefix(limit.parts).joined(separator: ", ")
  }

  /// The parts of a relative name (RFC 5280, section 4.1.2.4): SET OF SEQUENCE { type, value }.
  private static func parts(of set: ASN1Node) -> [String] {
    guard case .constructed(let pairs) = set.content else { return [] }
    return pairs.compactMap { pair in
      guard case .constructed(let fields) = pair.content else { return nil }
      let (type, value) = (fields.first { _ in true }, fields.dropFirst().first { _ in true })
      guard case .primitive(let identifier)? = type?.content, case .primitive(let text)? = value?.content,
        let label = labels[Array(identifier)]
      else { return nil }
      return "\(label)=\(PrintableText.line(String(decoding: text, as: UTF8.self), limit: limit.characters))"
    }
  }
}
