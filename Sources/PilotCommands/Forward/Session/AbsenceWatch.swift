import PilotTransport
import PilotWire

/// Of which peers it is told that they aren't there: a beacon says so once a second for as long as something is sent to one.
///
/// It is told once, and again when the peer has been heard meanwhile, a minute after the time before at the earliest.
struct AbsenceWatch: Sendable {
  static let pause: Duration = .seconds(60)
  /// How many peers are remembered: a beacon could name any number.
  static let limit = 1_024

  private struct Absence: Sendable {
    let toldAt: MonotonicInstant
    var isHeard = false
  }

  private var absences: [NodeID: Absence] = [:]

  /// The beacon says that a peer isn't there.
  ///
  /// - Returns: Whether to tell it.
  mutating func gone(_ peer: NodeID, at now: MonotonicInstant) -> Bool {
    if let absence = absences[peer] {
      guard absence.isHeard, absence.toldAt.advanced(by: Self.pause) <= now else { return false }
    } else if absences.count >= Self.limit {
      absences = absences.filter { $0.value.toldAt.advanced(by: Self.pause) > now }
      guard absences.count < Self.limit else { return false }
    }
    absences[peer] = Absence(toldAt: now)
    return true
  }

  /// Something has come from a peer.
  mutating func heard(_ peer: NodeID) { absences[peer]?.isHeard = true }
}
