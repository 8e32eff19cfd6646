import Crypto
import NIOSSL

/// The SHA-256 of a certificate's public key, in its DER form (SubjectPublicKeyInfo): what stays the same when a
/// certificate is renewed with the same key (RFC 7469, section 2.4).
public struct KeyPin: Sendable, Hashable {
  private let digest: [UInt8]

  /// Reads 64 hexadecimal digits, in upper or lower case.
  public init?(hex: String) {
    let digits = Array(hex.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16) }
    guard digits.count == 64, !digits.contains(nil) else { return nil }
    digest = stride(from: 0, to: 64, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) }
  }

  /// The pin of a certificate's key; nil if its key isn't of a known kind.
  init?(of certificate: NIOSSLCertificate) {
    guard let key = try? certificate.extractPublicKey().toSPKIBytes() else { return nil }
    digest = Array(SHA256.hash(data: key))
  }
}

extension KeyPin: CustomStringConvertible {
  /// 64 hexadecimal digits in lower case.
  public var description: String { digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
