internal import PilotTransport

/// How many unproven registrations each source holds, in 512 KiB, whatever sources there are.
///
/// Two rows of 65,536 counters with independent keyed hashes; a source counts as what the lower of its two says, so that it
/// is never taken to hold less than it does (a count-min sketch, Cormode and Muthukrishnan 2005, with exact removals). With
/// one row, a stranger who fills his counter would refuse whoever shares it. With two, an innocent source must meet full
/// ones in both: at 1,024 each, the 500,000 registrations of a full table fill at most 488 sources, and the chance is
/// (488 / 65,536)² = 1 in 18,000, for the worst of attacks, and nobody's choice since the hash is keyed.
struct SourceLedger: Equatable, Sendable {
  private static let row = 65_536

  private let hash: KeyedHash
  private var counters = [UInt32](repeating: 0, count: 2 * SourceLedger.row)

  /// - Parameter seed: unknown to whoever chooses the sources.
  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  /// At least as many as the source holds.
  func count(_ source: SourceKey) -> Int {
    let (first, second) = places(source)
    return Int(min(counters[first], counters[second]))
  }

  /// One more.
  mutating func add(_ source: SourceKey) {
    let (first, second) = places(source)
    counters[first] &+= 1
    counters[second] &+= 1
  }

  /// One that was added is gone.
  mutating func remove(_ source: SourceKey) {
    let (first, second) = places(source)
    counters[first] &-= 1
    counters[second] &-= 1
  }

  private func places(_ source: SourceKey) -> (Int, Int) {
    let hashed = hash(source)
    return (Int(hashed & 0xFFFF), Self.row + Int(hashed >> 32 & 0xFFFF))
  }
}
