internal import Crypto
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
internal import PilotIdentity
package import PilotWire

/// An X25519 key pair (RFC 7748), which a node makes for one peer and one run.
///
/// No text form of it shows the private key.
package struct AgreementKeyPair: Sendable {
  private let privateKey: Curve25519.KeyAgreement.PrivateKey
  /// The half that stands in a key exchange.
  package let publicKey: KeyAgreementKey

  /// A new key pair.
  ///
  /// - Parameter random: The source of its 32 bytes: the system's for one that is used on a network.
  package init(using random: inout some RandomNumberGenerator) {
    var bytes = [UInt8](rawCapacity: KeyAgreementKey.byteCount) { output in
      for _ in 0..<KeyAgreementKey.byteCount / 8 { output.append(bigEndian: random.next() as UInt64) }
    }
    defer { bytes.erase() }
    guard let pair = Self(privateBytes: bytes) else {
      preconditionFailure("any 32 bytes are an X25519 private key")
    }
    self = pair
  }

  /// The key pair of these 32 bytes; nil for any other number of them.
  init?(privateBytes: [UInt8]) {
    guard let privateKey = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateBytes),
      let publicKey = try? KeyAgreementKey(bytes: Array(privateKey.publicKey.rawRepresentation).span.raw)
    else { return nil }
    self.privateKey = privateKey
    self.publicKey = publicKey
  }

  /// The cipher of the session with a peer that has this key: HKDF-SHA256 of the shared secret, without a salt, with the info
  /// `pilot-tunnel-v1` (wire reference, section 4).
  ///
  /// - Returns: nil for a key that makes the secret nothing but zeros, whatever the private key (RFC 7748, section 6.1), and
  ///   when memory has run out.
  package func cipher(with peer: KeyAgreementKey) -> PacketCipher? {
    sessionKey(with: peer).flatMap { PacketCipher(key: $0) }
  }

  func sessionKey(with peer: KeyAgreementKey) -> SymmetricKey? {
    guard let key = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: peer.bytes),
      let secret = try? privateKey.sharedSecretFromKeyAgreement(with: key)
    else { return nil }
    // SAFETY: the bytes are read within the closure that lends them.
    let anyBit = unsafe secret.withUnsafeBytes { bytes in unsafe bytes.reduce(UInt8(0), |) }
    guard anyBit != 0 else { return nil }
    return secret.hkdfDerivedSymmetricKey(
      using: SHA256.self, salt: [UInt8](), sharedInfo: Array("pilot-tunnel-v1".utf8), outputByteCount: 32)
  }
}

extension AgreementKeyPair: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The public key in Base64.
  package var description: String { "AgreementKeyPair(\(publicKey))" }

  /// The public key in Base64.
  package var debugDescription: String { description }

  /// The public key alone.
  package var customMirror: Mirror {
    Mirror(self, children: ["publicKey": publicKey.base64], displayStyle: .struct)
  }
}
