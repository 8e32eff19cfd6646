import NIOSSL

extension TLSConfiguration {
  /// What both ends hold to: TLS 1.2 or newer, with forward secrecy and authenticated encryption. TLS 1.3 has no other
  /// suites; of those of TLS 1.2 (RFC 9325, section 4.2) the ones with static RSA and with CBC are left out.
  mutating func applyPolicy() {
    minimumTLSVersion = .tlsv12
    cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
    applicationProtocols = ["http/1.1"]
  }

  /// The kinds of certificates that OpenSSL and Go take, too: the library's own list has neither Ed25519 nor P-521, but
  /// has SHA-1.
  mutating func acceptUsualCertificates() {
    verifySignatureAlgorithms = [
      .ecdsaSecp256R1Sha256, .ed25519, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384,
      .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512,
    ]
    // In TLS 1.2 a certificate's curve must be among these (RFC 8422, section 5.1). The library's own, and P-521.
    curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1, .secp521r1]
  }
}
