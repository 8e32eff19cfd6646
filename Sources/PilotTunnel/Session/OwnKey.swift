internal import PilotIdentity
internal import PilotWire

/// A node's half of the sessions with one peer: the key pair, the key exchange that offers it, and what nonces start with.
///
/// Two sessions of the same two key pairs have the same key. So none of the prefixes comes twice for as long as there is the
/// key pair, whatever makes a session anew.
struct OwnKey: Sendable {
  let pair: AgreementKeyPair
  /// The frame that offers it.
  let offer: [UInt8]

  private var nextPrefix: UInt32
  private let step: UInt32

  /// A new key pair; nil when the cryptographic library is out of memory.
  init?(of node: NodeID, _ identity: Identity, using random: inout some RandomNumberGenerator) {
    pair = AgreementKeyPair(using: &random)
    let signed = AuthenticatedKeyExchange.signedBytes(sender: node, agreementKey: pair.publicKey)
    guard let signature = try? identity.sign(signed.span.raw) else { return nil }
    offer =
      AuthenticatedKeyExchange(
        sender: node, agreementKey: pair.publicKey, publicKey: identity.publicKey, signature: signature
      ).encoded()
    let word: UInt64 = random.next()
    nextPrefix = UInt32(truncatingIfNeeded: word)
    // An odd step goes through all 2^32 prefixes before one comes again.
    step = UInt32(truncatingIfNeeded: word >> 32) | 1
  }

  /// A prefix that this key pair has sealed nothing with.
  mutating func takePrefix() -> UInt32 {
    defer { nextPrefix &+= step }
    return nextPrefix
  }
}
