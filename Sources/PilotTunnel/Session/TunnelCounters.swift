/// What has come from peers and gone to them, of one or of all. Numbers only grow.
package struct TunnelCounters: Sendable {
  /// Frames that have been sealed, signs of life and probes included.
  package internal(set) var sealed: UInt64 = 0
  /// Bytes of payload in them.
  package internal(set) var sealedBytes: UInt64 = 0
  /// Frames that have been opened, signs of life and probes included.
  package internal(set) var opened: UInt64 = 0
  /// Packets among them that were handed on.
  package internal(set) var received: UInt64 = 0
  /// Bytes of payload in those.
  package internal(set) var receivedBytes: UInt64 = 0
  /// Key exchanges that have been sent.
  package internal(set) var offers: UInt64 = 0
  /// Key exchanges whose signature has been verified.
  package internal(set) var verified: UInt64 = 0
  /// Sessions that a frame has confirmed, the first one and each that took another's place.
  package internal(set) var confirmed: UInt64 = 0

  private var drops: InlineArray<25, UInt64> = InlineArray(repeating: 0)

  /// What was dropped for this reason.
  package internal(set) subscript(drop: TunnelDrop) -> UInt64 {
    get { drops[drop.rawValue] }
    set { drops[drop.rawValue] = newValue }
  }

  /// What was dropped for any reason.
  package var dropped: UInt64 { TunnelDrop.allCases.reduce(0) { $0 + self[$1] } }

  /// Adds what a sealer has done.
  mutating func add(_ sealer: Sealer) {
    sealed += sealer.sealed
    sealedBytes += sealer.bytes
  }
}
