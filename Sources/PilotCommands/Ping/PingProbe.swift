import PilotWire

/// What a probe of `pilot ping` carries, and gets back: `pathprobe.v1` (wire reference, section 4: who answers echoes it) ·
/// `ping`, so that it is none of the tunnel's own · session:8 · number:4.
///
/// The session is chosen at random for each run: an answer to a run before counts for none.
struct PingProbe: Equatable, Sendable {
  private static let prefix = Array("pathprobe.v1ping".utf8)

  let session: UInt64
  /// From 1.
  let number: UInt32

  /// The payload.
  var bytes: [UInt8] {
    Self.prefix
      + (0..<8).map { UInt8(truncatingIfNeeded: session >> (56 - 8 * $0)) }
      + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  init(session: UInt64, number: UInt32) {
    self.session = session
    self.number = number
  }

  /// Reads a payload; nil for any other.
  init?(parsing bytes: [UInt8]) {
    guard bytes.count == Self.prefix.count + 12, bytes.starts(with: Self.prefix) else { return nil }
    let rest = bytes.dropFirst(Self.prefix.count)
    session = rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    number = rest.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}
