import PilotWire

/// The 9 bytes in front of a relayed payload, on the stack: the end of three words in the order of the network.
struct RelayHeaderBytes {
  private let words: InlineArray<3, UInt32>

  @inline(__always)
  init(sender: NodeID, destination: NodeID) {
    words = [
      UInt32(BeaconMessageType.relay.rawValue).bigEndian, sender.rawValue.bigEndian, destination.rawValue.bigEndian,
    ]
  }

  /// The last 8 of the bytes, as a number.
  @inline(__always)
  static func ids(from sender: NodeID, to destination: NodeID) -> UInt64 {
    UInt64(sender.rawValue) << 32 | UInt64(destination.rawValue)
  }

  /// Lends the 9 bytes.
  @inline(__always)
  func lend<Failure: Error>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
    // SAFETY: UInt32 has no padding: each byte of the words is initialised, and the closure bounds their lifetime. Nobody writes behind a
    // span, so that the stack needs no guard, which is what is unprotected here: checking it is a tenth of what a node adds to a send.
    try unsafe _withUnprotectedUnsafeBytes(of: words) { bytes throws(Failure) in
      try unsafe body(RawSpan(_unsafeBytes: bytes).extracting(last: Relay.headerLength))
    }
  }
}
