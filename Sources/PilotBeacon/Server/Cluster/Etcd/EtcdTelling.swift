import PilotTransport

/// Whether what a beacon writes gets into etcd, and whether etcd answers it at all. No clock and no socket: each answer is a
/// call.
struct EtcdTelling: Sendable {
  /// What is written apart from the rest: that one of them is there says nothing of the other.
  enum Part: Sendable {
    /// The lease, and the beacon's own key.
    case beacon
    /// Its nodes' keys.
    case nodes
  }

  private let patience: Duration
  private var missing: Set<Part> = [.beacon]
  private var answeredAt: MonotonicInstant

  /// Nothing is written yet.
  ///
  /// - Parameter patience: How long etcd may be silent.
  init(patience: Duration, at now: MonotonicInstant) {
    (self.patience, answeredAt) = (patience, now)
  }

  /// etcd has answered, be it with a refusal.
  mutating func answered(at now: MonotonicInstant) { answeredAt = now }

  /// A part isn't there, or not as it should be.
  mutating func failed(_ part: Part) { missing.insert(part) }

  /// A part is there.
  ///
  /// - Returns: Whether all is.
  mutating func written(_ part: Part) -> Bool {
    missing.remove(part)
    return missing.isEmpty
  }

  /// Whether etcd has been silent for too long to believe that it would tell anything over connections that stand: nobody says so
  /// where packets just vanish.
  func isCutOff(at now: MonotonicInstant) -> Bool { now >= answeredAt.advanced(by: patience) }
}
