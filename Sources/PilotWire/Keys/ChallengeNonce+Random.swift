extension ChallengeNonce {
  /// A nonce that nobody has seen before.
  ///
  /// - Parameter generator: For real challenges a secure one, such as `SystemRandomNumberGenerator`.
  public static func random(using generator: inout some RandomNumberGenerator) -> ChallengeNonce {
    let bytes = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return ChallengeNonce(in: bytes.span.raw, at: 0)
  }
}
