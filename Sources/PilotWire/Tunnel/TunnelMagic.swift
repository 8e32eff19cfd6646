/// The four bytes that a tunnel frame starts with, as a big-endian number, with the layout of what follows them (wire
/// reference, section 4).
@nonexhaustive
public enum TunnelMagic: UInt32, CaseIterable, Sendable {
  /// `PILT` · packet
  case plain = 0x5049_4C54
  /// `PILS` · sender:4 · nonce:12 · ciphertext · tag:16
  case sealed = 0x5049_4C53
  /// `PILK` · sender:4 · X25519 key:32
  case keyExchange = 0x5049_4C4B
  /// `PILA` · sender:4 · X25519 key:32 · Ed25519 key:32 · signature:64
  case authenticatedKeyExchange = 0x5049_4C41
  /// `PILP`
  case punch = 0x5049_4C50

  /// The size, in bytes.
  public static let byteCount = 4

  /// Checks that `frame` starts with this magic and has the bytes of the frame's fixed part, magic included.
  func check(_ frame: RawSpan, minimumLength: Int) throws(WireError) {
    guard !frame.isEmpty else { throw .empty }
    try frame.require(Self.byteCount)
    let found = frame.bigEndian(at: 0, as: UInt32.self)
    guard found == rawValue else { throw .unexpectedMagic(expected: rawValue, found: found) }
    try frame.require(minimumLength)
  }
}
