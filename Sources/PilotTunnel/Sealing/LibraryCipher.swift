internal import Crypto
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
internal import PilotWire

/// What ``PacketCipher`` does, by swift-crypto's own calls: for platforms where that has no BoringSSL inside, and for tests to
/// compare with.
package final class LibraryCipher: Sendable {
  private let key: SymmetricKey

  /// A cipher with this key of 32 bytes.
  init?(key: SymmetricKey) {
    self.key = key
  }

  /// See `PacketCipher`.
  package func seal(_ frame: inout MutableRawSpan) -> Bool {
    let length = frame.byteCount
    let copy = frame.bytes.copied()
    guard let box = Self.box(copy.span.raw, key) else {
      for offset in SealedFrame.headerLength..<length { Self.put(0, at: offset, into: &frame) }
      return false
    }
    for (offset, byte) in (Array(box.ciphertext) + Array(box.tag)).enumerated() {
      Self.put(byte, at: SealedFrame.headerLength + offset, into: &frame)
    }
    return true
  }

  private static func box(_ frame: RawSpan, _ key: SymmetricKey) -> AES.GCM.SealedBox? {
    let text = frame.extracting(droppingFirst: SealedFrame.headerLength).extracting(droppingLast: SealedFrame.tagLength)
    guard let nonce = nonce(of: frame) else { return nil }
    return try? AES.GCM.seal(text.copied(), using: key, nonce: nonce, authenticating: sender(of: frame))
  }

  /// See `PacketCipher`.
  package func open(_ frame: RawSpan, into plaintext: inout MutableRawSpan) -> Bool {
    let text = frame.extracting(droppingFirst: SealedFrame.headerLength).extracting(droppingLast: SealedFrame.tagLength)
    precondition(plaintext.byteCount >= text.byteCount, "no room for the plaintext")
    guard let nonce = Self.nonce(of: frame),
      let box = try? AES.GCM.SealedBox(
        nonce: nonce, ciphertext: text.copied(), tag: frame.extracting(last: SealedFrame.tagLength).copied()),
      let opened = try? AES.GCM.open(box, using: key, authenticating: Self.sender(of: frame))
    else { return false }
    for (offset, byte) in opened.enumerated() { Self.put(byte, at: offset, into: &plaintext) }
    return true
  }

  private static func sender(of frame: RawSpan) -> [UInt8] {
    frame.extracting(SealedFrame.senderOffset..<SealedFrame.nonceOffset).copied()
  }

  private static func nonce(of frame: RawSpan) -> AES.GCM.Nonce? {
    try? AES.GCM.Nonce(data: frame.extracting(SealedFrame.nonceOffset..<SealedFrame.headerLength).copied())
  }

  private static func put(_ byte: UInt8, at offset: Int, into bytes: inout MutableRawSpan) {
    bytes.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
  }
}
