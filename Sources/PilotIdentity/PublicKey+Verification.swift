internal import Crypto
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
public import PilotWire

extension PublicKey {
  /// Whether `signature` is one of this key's over the bytes of `message` (Ed25519, RFC 8032).
  ///
  /// False, too, for a key that is no point on the curve.
  public func verifies(_ signature: Signature, of message: RawSpan) -> Bool {
    verifies(signature, of: message.copied())
  }

  /// Whether `signature` is one of this key's over the UTF-8 bytes of `text`.
  public func verifies(_ signature: Signature, of text: String) -> Bool {
    verifies(signature, of: Array(text.utf8))
  }

  private func verifies(_ signature: Signature, of message: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
    return key.isValidSignature(signature.bytes, for: message)
  }
}
