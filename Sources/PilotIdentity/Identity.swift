internal import Crypto
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
public import PilotWire

/// An Ed25519 key pair (RFC 8032): who a node is.
///
/// No text form of it shows the private key: neither `description`, nor `debugDescription`, nor `dump`.
public struct Identity: Sendable {
  /// The size of a seed, in bytes.
  public static let seedByteCount = 32

  private let privateKey: Curve25519.Signing.PrivateKey
  /// The half that others know.
  public let publicKey: PublicKey

  /// A new key pair from the system's secure random source.
  public init() {
    let privateKey = Curve25519.Signing.PrivateKey()
    self.privateKey = privateKey
    publicKey = PublicKey(privateKey.publicKey)
  }

  /// The key pair that grows from a seed: always the same one.
  ///
  /// - Throws: `IdentityError.wrongSeedLength` unless `seed` has 32 bytes.
  public init(seed: RawSpan) throws(IdentityError) {
    let length = seed.byteCount
    guard length == Self.seedByteCount else { throw .wrongSeedLength(length) }
    var bytes = seed.copied()
    defer { bytes.erase() }
    guard let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes) else {
      throw .wrongSeedLength(length)
    }
    self.privateKey = privateKey
    publicKey = PublicKey(privateKey.publicKey)
  }

  /// The private key. For the identity file alone.
  var seed: [UInt8] { Array(privateKey.rawRepresentation) }

  /// Signs bytes.
  ///
  /// Ed25519 gives the same signature for the same message each time, except on Apple platforms, whose CryptoKit mixes
  /// randomness in; both kinds verify alike.
  ///
  /// - Throws: `IdentityError.cannotSign`, when the cryptographic library is out of memory.
  public func sign(_ message: RawSpan) throws(IdentityError) -> Signature {
    try sign(message.copied())
  }

  /// Signs the UTF-8 bytes of a text.
  ///
  /// - Throws: `IdentityError.cannotSign`, when the cryptographic library is out of memory.
  public func sign(_ text: String) throws(IdentityError) -> Signature {
    try sign(Array(text.utf8))
  }

  private func sign(_ message: [UInt8]) throws(IdentityError) -> Signature {
    guard let bytes = try? Array(privateKey.signature(for: message)),
      let signature = try? Signature(bytes: bytes.span.raw)
    else { throw .cannotSign }
    return signature
  }

  /// The answer that proves to a beacon that this is `node` (wire reference, section 3).
  ///
  /// - Parameters:
  ///   - challenge: What the beacon wants signed.
  ///   - node: Who this is.
  ///   - beacon: What the beacon was dialled as, where `pilot.v2` is spoken; nil in `pilot.v1`.
  /// - Throws: `IdentityError.cannotSign`, when the cryptographic library is out of memory.
  public func reply(
    to challenge: AuthChallenge, as node: NodeID, dialling beacon: BeaconName? = nil
  ) throws(IdentityError) -> AuthReply {
    let signature = try sign(AuthReply.signedText(node: node, challenge: challenge, beacon: beacon))
    return AuthReply(node: node, publicKey: publicKey, signature: signature, beacon: beacon)
  }

  /// The proof that answers a beacon's challenge (wire reference, section 2).
  ///
  /// - Parameters:
  ///   - challenge: What the beacon wants signed.
  ///   - beacon: What the beacon was dialled as.
  /// - Throws: `IdentityError.cannotSign`, when the cryptographic library is out of memory.
  public func proof(
    of challenge: DiscoverChallenge, dialling beacon: BeaconName
  ) throws(IdentityError) -> DiscoverProof {
    let signature = try sign(challenge.signedText(naming: beacon))
    return DiscoverProof(challenge: challenge, signature: signature, beacon: beacon)
  }
}

extension PublicKey {
  /// A key as the cryptographic library has it.
  fileprivate init(_ key: Curve25519.Signing.PublicKey) {
    let bytes = Array(key.rawRepresentation)
    do {
      try self.init(bytes: bytes.span.raw)
    } catch {
      preconditionFailure("an Ed25519 public key has 32 bytes, this one \(bytes.count)")
    }
  }
}

extension Identity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The public key in Base64.
  public var description: String { "Identity(\(publicKey.base64))" }

  /// The public key in Base64.
  public var debugDescription: String { description }

  /// The public key alone.
  public var customMirror: Mirror {
    Mirror(self, children: ["publicKey": publicKey.base64], displayStyle: .struct)
  }
}
