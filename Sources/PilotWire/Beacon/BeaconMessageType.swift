/// The first byte of a beacon message, with the layout of what follows it (wire reference, section 2).
///
/// Numbers are sizes in bytes; all integers are big-endian. 0x0B to 0x0F are this project's own, which
/// deployed peers drop in silence.
@nonexhaustive
public enum BeaconMessageType: UInt8, CaseIterable, Sendable {
  /// 0x01 · node:4 · [public key:32] · ignored
  case discover = 0x01
  /// 0x02 · IP length:1 (4 or 16) · IP:4 or 16 · port:2
  case discoverReply = 0x02
  /// 0x03 · requester:4 · target:4 · [expiry:8 · signature:64]
  case punchRequest = 0x03
  /// 0x04 · IP length:1 (4 or 16) · IP:4 or 16 · port:2
  case punchCommand = 0x04
  /// 0x05 · sender:4 · destination:4 · payload
  case relay = 0x05
  /// 0x06 · sender:4 · payload
  case relayDeliver = 0x06
  /// 0x07 · beacon:4 · count:2 · count × node:4
  case sync = 0x07
  /// 0x08 · node:4 · [public key:32] · ignored
  case discoverEx = 0x08
  /// 0x09 · sender:4 · destination:4 · payload
  case relayDeliverDest = 0x09
  /// 0x0A · kind:1
  case notify = 0x0A
  /// 0x0B · node:4 · timestamp:8 · token:16
  case discoverChallenge = 0x0B
  /// 0x0C · node:4 · timestamp:8 · token:16 · signature:64 · port:2 · host length:1 · host
  case discoverProof = 0x0C
  /// 0x0D · destination:4 · reason:1
  case gone = 0x0D
  /// 0x0E · node:4 · from:4 · until:4
  case drain = 0x0E
  /// 0x0F · beacon:4 · session:4 · counter:8 · tag:16 · relay
  case clusterRelay = 0x0F
}

extension BeaconMessageType {
  /// Checks that `frame` is of this type and has the bytes of the message's fixed part, type byte included.
  ///
  /// Two comparisons on the way of every relayed frame; which one failed is found out apart from it.
  @inlinable
  @inline(__always)
  func check(_ frame: RawSpan, minimumLength: Int) throws(WireError) {
    guard frame.byteCount >= minimumLength, frame.byte(at: 0) == rawValue else {
      throw fault(in: frame, minimumLength: minimumLength)
    }
  }

  @usableFromInline
  @inline(never)
  func fault(in frame: RawSpan, minimumLength: Int) -> WireError {
    guard !frame.isEmpty else { return .empty }
    let found = frame.byte(at: 0)
    guard found == rawValue else { return .unexpectedType(expected: rawValue, found: found) }
    return .truncated(needed: minimumLength, had: frame.byteCount)
  }
}
