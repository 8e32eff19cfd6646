#if canImport(CCryptoBoringSSL)
  internal import CCryptoBoringSSL
  internal import Crypto
  #if canImport(FoundationEssentials)
    internal import FoundationEssentials
  #else
    internal import Foundation
  #endif
  internal import PilotWire

  /// AES-256-GCM under one key, whole sealed frames at a time, without an allocation.
  ///
  /// swift-crypto makes a key schedule and several buffers for each call, which takes ten times as long as the cipher for a
  /// packet. This keeps the context of the library inside it; ``LibraryCipher`` does the same by swift-crypto's own calls, and
  /// takes its place where there is no such library. Tests hold the two against each other.
  ///
  /// Any thread may seal and open, at the same time. The key leaves memory with the last reference.
  @safe package final class PacketCipher: @unchecked Sendable {
    // SAFETY: the pointer is the class's own, from `init` to `deinit`, and never leaves it.
    // Unchecked: a context is only read after it has been made ("may be called concurrently", BoringSSL's aead.h).
    private let context: UnsafeMutablePointer<EVP_AEAD_CTX>

    /// A cipher with this key of 32 bytes; nil when memory has run out.
    init?(key: SymmetricKey) {
      let context = unsafe key.withUnsafeBytes { bytes in
        // SAFETY: the context copies what it needs of the key, which is lent for the call, with its length.
        unsafe CCryptoBoringSSL_EVP_AEAD_CTX_new(
          CCryptoBoringSSL_EVP_aead_aes_256_gcm(), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count,
          SealedFrame.tagLength)
      }
      guard let context = unsafe context else { return nil }
      unsafe self.context = unsafe context
    }

    deinit {
      // SAFETY: nobody else has the context. It is overwritten before it is freed (OPENSSL_free).
      unsafe CCryptoBoringSSL_EVP_AEAD_CTX_free(context)
    }

    /// Encrypts a frame in place: its header, the plaintext, and room for the tag, which is written.
    ///
    /// - Returns: Whether it was sealed. If not, there are zeros in place of plaintext and tag.
    /// - Precondition: the frame has room for header and tag.
    package func seal(_ frame: inout MutableRawSpan) -> Bool {
      let length = Self.textLength(frame.byteCount)
      return unsafe frame.withUnsafeMutableBytes { frame in
        guard let start = unsafe frame.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
        let text = unsafe start + SealedFrame.headerLength
        var tagLength = 0
        // SAFETY: sender, nonce, text and tag lie in the frame, whose length was checked, and don't overlap. The text is
        // encrypted in place, as aead.h allows.
        return unsafe CCryptoBoringSSL_EVP_AEAD_CTX_seal_scatter(
          context, text, text + length, &tagLength, SealedFrame.tagLength, start + SealedFrame.nonceOffset,
          TunnelNonce.byteCount, text, length, nil, 0, start + SealedFrame.senderOffset, SealedFrame.senderLength) == 1
      }
    }

    /// Decrypts a frame: verifies its tag, and writes its plaintext, 36 bytes shorter.
    ///
    /// - Returns: Whether the tag is right. If not, nothing of the plaintext can be read in `plaintext`.
    /// - Precondition: the frame has header and tag, and `plaintext` has room.
    package func open(_ frame: RawSpan, into plaintext: inout MutableRawSpan) -> Bool {
      let length = Self.textLength(frame.byteCount)
      precondition(plaintext.byteCount >= length, "no room for the plaintext")
      return unsafe plaintext.withUnsafeMutableBytes { plaintext in
        unsafe frame.withUnsafeBytes { frame in
          guard let start = unsafe frame.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
          let text = unsafe start + SealedFrame.headerLength
          var nothing: UInt8 = 0
          return unsafe withUnsafeMutablePointer(to: &nothing) { nothing in
            let output = unsafe plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing
            // SAFETY: as above; the output has room for the text, as checked, and is held exclusively.
            return unsafe CCryptoBoringSSL_EVP_AEAD_CTX_open_gather(
              context, output, start + SealedFrame.nonceOffset, TunnelNonce.byteCount, text, length, text + length,
              SealedFrame.tagLength, start + SealedFrame.senderOffset, SealedFrame.senderLength) == 1
          }
        }
      }
    }

    private static func textLength(_ frameLength: Int) -> Int {
      let length = frameLength - SealedFrame.headerLength - SealedFrame.tagLength
      precondition(length >= 0, "a sealed frame has a header and a tag")
      return length
    }
  }
#else
  /// Where BoringSSL isn't to be had by itself.
  package typealias PacketCipher = LibraryCipher
#endif
