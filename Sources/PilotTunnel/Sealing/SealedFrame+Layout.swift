internal import PilotWire

extension SealedFrame {
  /// Where the sender stands, which is the additional authenticated data (wire reference, section 4).
  static var senderOffset: Int { TunnelMagic.byteCount }
  /// How long it is, in bytes.
  static var senderLength: Int { 4 }
  /// Where the nonce stands.
  static var nonceOffset: Int { senderOffset + senderLength }
}
