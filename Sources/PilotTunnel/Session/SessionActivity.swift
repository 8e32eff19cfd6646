internal import PilotTransport

/// When a peer was last sent anything, and when a packet last went either way.
///
/// Packets are sealed by other threads, which tell nobody: what they have done is seen in the sealer's count.
struct SessionActivity: Sendable {
  /// When something was last seen to have been sealed.
  private(set) var sealedAt: MonotonicInstant
  /// When a packet of somebody's own was last seen to go either way.
  private(set) var usedAt: MonotonicInstant

  private var sealer: ObjectIdentifier?
  private var sealed: UInt64 = 0
  private var ownSealed: UInt64 = 0
  private var ownSealedBefore: UInt64 = 0

  init(at now: MonotonicInstant) {
    sealedAt = now
    usedAt = now
  }

  /// There is another session.
  mutating func confirmed(at now: MonotonicInstant) { usedAt = max(usedAt, now) }

  /// A packet has come.
  mutating func received(at now: MonotonicInstant) { usedAt = now }

  /// The machine itself is about to seal a frame, which is nobody's packet.
  mutating func machineSeals(by sealer: Sealer) {
    if self.sealer == ObjectIdentifier(sealer) { ownSealed += 1 }
  }

  /// Looks at the sealer.
  mutating func look(at sealer: Sealer, _ now: MonotonicInstant) {
    let count = sealer.sealed
    if self.sealer != ObjectIdentifier(sealer) {
      self.sealer = ObjectIdentifier(sealer)
      (sealed, ownSealed, ownSealedBefore) = (count, 0, 0)
      sealedAt = now
      return
    }
    if count != sealed { sealedAt = now }
    if count - sealed > ownSealed - ownSealedBefore { usedAt = now }
    (sealed, ownSealedBefore) = (count, ownSealed)
  }
}
