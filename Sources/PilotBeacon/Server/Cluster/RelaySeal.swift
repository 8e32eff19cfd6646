internal import Crypto
internal import PilotWire

#if canImport(CCryptoBoringSSL)
  internal import CCryptoBoringSSL

  /// The tag of Relays that one beacon passes on to another: AES-256-GCM's of no plaintext, under one key, without an allocation.
  ///
  /// Of a Relay of 1,209 bytes it takes 0.2 µs, where HMAC-SHA256 takes 3.1 by swift-crypto and 1.1 by BoringSSL itself
  /// (<doc:AClusterOfBeacons>). A counter that comes twice under one key gives the key away: see ``ClusterLane``.
  ///
  /// Any thread may seal and verify, at the same time. The key leaves memory with the last reference.
  @safe final class RelaySeal: @unchecked Sendable {
    // SAFETY: the pointer is the class's own, from `init` to `deinit`, and never leaves it.
    // Unchecked: a context is only read after it has been made ("may be called concurrently", BoringSSL's aead.h).
    private let context: UnsafeMutablePointer<EVP_AEAD_CTX>

    /// A seal with this key of 32 bytes; nil when memory has run out.
    init?(key: SymmetricKey) {
      let context = unsafe key.withUnsafeBytes { bytes in
        // SAFETY: the context copies what it needs of the key, which is lent for the call, with its length.
        unsafe CCryptoBoringSSL_EVP_AEAD_CTX_new(
          CCryptoBoringSSL_EVP_aead_aes_256_gcm(), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, 16)
      }
      guard let context = unsafe context else { return nil }
      unsafe self.context = unsafe context
    }

    deinit {
      // SAFETY: nobody else has the context. It is overwritten before it is freed (OPENSSL_free).
      unsafe CCryptoBoringSSL_EVP_AEAD_CTX_free(context)
    }

    /// The tag of a Relay under a counter that no other one has had; nil if the library fails.
    func tag(of relay: RawSpan, counter: UInt64) -> ClusterTag? {
      var nonce = Self.nonce(counter)
      var tag: InlineArray<2, UInt64> = [0, 0]
      var length = 0
      let isSealed = unsafe withUnsafeBytes(of: &nonce) { nonce in
        unsafe withUnsafeMutableBytes(of: &tag) { tag in
          unsafe relay.withUnsafeBytes { relay in
            let out = unsafe tag.baseAddress?.assumingMemoryBound(to: UInt8.self)
            // SAFETY: nonce, tag and Relay are lent for the call, with their lengths; there is no plaintext, and so no output.
            return unsafe CCryptoBoringSSL_EVP_AEAD_CTX_seal_scatter(
              context, out, out, &length, tag.count, nonce.baseAddress?.assumingMemoryBound(to: UInt8.self), 12, nil, 0,
              nil, 0, relay.baseAddress?.assumingMemoryBound(to: UInt8.self), relay.count)
          }
        }
      }
      guard isSealed == 1, length == 16 else { return nil }
      return ClusterTag(high: UInt64(bigEndian: tag[0]), low: UInt64(bigEndian: tag[1]))
    }

    /// Whether a Relay's tag is right.
    func verifies(_ message: borrowing ClusterRelay) -> Bool {
      var nonce = Self.nonce(message.counter)
      var tag: InlineArray<2, UInt64> = [message.tag.high.bigEndian, message.tag.low.bigEndian]
      var nothing: UInt8 = 0
      return unsafe withUnsafeBytes(of: &nonce) { nonce in
        unsafe withUnsafeBytes(of: &tag) { tag in
          unsafe message.relay.withUnsafeBytes { relay in
            // SAFETY: as above; the output has room for the plaintext, which is none.
            unsafe CCryptoBoringSSL_EVP_AEAD_CTX_open_gather(
              context, &nothing, nonce.baseAddress?.assumingMemoryBound(to: UInt8.self), 12, nil, 0,
              tag.baseAddress?.assumingMemoryBound(to: UInt8.self), tag.count,
              relay.baseAddress?.assumingMemoryBound(to: UInt8.self), relay.count) == 1
          }
        }
      }
    }

    /// `0:4 · counter:8` in its first 12 bytes.
    private static func nonce(_ counter: UInt64) -> InlineArray<2, UInt64> {
      [(counter >> 32).bigEndian, (counter << 32).bigEndian]
    }
  }
#else
  /// Where BoringSSL isn't to be had by itself.
  typealias RelaySeal = LibraryRelaySeal
#endif

/// What `RelaySeal` does, by swift-crypto's own calls: for platforms where that has no BoringSSL inside, and for tests to compare
/// with.
final class LibraryRelaySeal: Sendable {
  private let key: SymmetricKey

  /// A seal with this key of 32 bytes.
  init?(key: SymmetricKey) {
    self.key = key
  }

  /// See `RelaySeal`.
  func tag(of relay: RawSpan, counter: UInt64) -> ClusterTag? {
    guard let nonce = Self.nonce(counter),
      let box = try? AES.GCM.seal([UInt8](), using: key, nonce: nonce, authenticating: relay.copied())
    else { return nil }
    let tag = Array(box.tag)
    return ClusterTag(high: tag.span.raw.bigEndian(at: 0), low: tag.span.raw.bigEndian(at: 8))
  }

  /// See `RelaySeal`.
  func verifies(_ message: borrowing ClusterRelay) -> Bool {
    tag(of: message.relay, counter: message.counter) == message.tag
  }

  private static func nonce(_ counter: UInt64) -> AES.GCM.Nonce? {
    let bytes = [UInt8](rawCapacity: 12) { output in
      output.append(bigEndian: UInt32(0))
      output.append(bigEndian: counter)
    }
    return try? AES.GCM.Nonce(data: bytes)
  }
}
