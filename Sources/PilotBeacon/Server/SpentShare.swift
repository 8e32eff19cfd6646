import PilotTransport
import PilotWire

/// A source that has had its share for the instant at which a batch of datagrams is decided about. What else it has in that
/// batch is refused without being looked at, so that a flood costs others as little as can be.
struct SpentShare {
  private var source: Endpoint?
  /// The sender that its Relays name; 0 for Discovers.
  private var sender: UInt32 = 0

  /// The source has had its share of frames such as this one.
  mutating func note(_ frame: RawSpan, from source: Endpoint) {
    guard let sender = Self.sender(of: frame) else { return }
    (self.source, self.sender) = (source, sender)
  }

  /// Whether this frame would be refused as well.
  @inline(__always)
  func covers(_ frame: RawSpan, from source: Endpoint) -> Bool {
    guard let spent = self.source else { return false }
    return spent == source && Self.sender(of: frame) == sender
  }

  /// What the share is of: nil for frames that no share is kept of.
  private static func sender(of frame: RawSpan) -> UInt32? {
    guard !frame.isEmpty else { return nil }
    switch BeaconMessageType(rawValue: frame.byte(at: 0)) {
    case .relay where frame.byteCount >= Relay.headerLength: return frame.bigEndian(at: 1)
    case .discover, .discoverEx: return 0
    default: return nil
    }
  }
}
