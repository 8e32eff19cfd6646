internal import PilotTransport

/// Which entry of a full table is missed least, of a sample that a cursor meets: it needs no randomness, since the slots are as
/// good as shuffled by the seed. It takes no bound either: about every other slot is taken.
///
/// What has run out goes first. Then, of nodes whose key isn't known, those from the source that holds most of them, reckoned
/// in powers of two: whether a household has two nodes or three says nothing about it. Of sources that hold about as many,
/// those that have not spoken for ``RouterConfiguration/settlingTime`` yet, and among equals the one silent longest. A node
/// whose key is known goes only for another one, and a proven one only for a proven one.
struct EvictionChoice {
  /// How many entries are compared: 8, and up to 64 as long as all of them are worth keeping.
  private static let sampleSize = 8
  private static let largestSample = 64

  /// The order in which entries go, from the first to the last.
  private enum Worth {
    static let runOut = 0
    /// Of unlisted nodes: more for a source that holds less, in steps of two, and one more for a settled node.
    static func unlisted(holding count: Int, isSettled: Bool) -> Int {
      2 * (Int.bitWidth - Int.bitWidth(of: count)) + (isSettled ? 2 : 1)
    }
    /// A settled node whose source holds less than 8.
    static let kept = unlisted(holding: 7, isSettled: true)
    static let listed = 1_000
    static let proven = 1_001
  }

  private let bound: Int
  private let settlingTime: UInt64
  private let now: UInt64
  private var sampled = 0
  private var best: (position: NodeMap<Registration>.Position, worth: Int, isSettled: Bool, heardAt: UInt64)?

  /// - Parameter newcomer: Whom room is to be made for.
  init(for newcomer: Registration, settlingTime: UInt64, at now: UInt64) {
    bound = newcomer.isProven ? .max : newcomer.flags.contains(.listed) ? Worth.proven : Worth.listed
    self.settlingTime = settlingTime
    self.now = now
  }

  /// What goes; nil if nothing of the sample may.
  var position: NodeMap<Registration>.Position? { best?.position }

  /// Whether it is worth looking at more.
  var isOpen: Bool {
    guard sampled >= Self.sampleSize else { return true }
    guard sampled < Self.largestSample else { return false }
    return best.map { $0.worth >= ($0.isSettled ? Worth.kept : Worth.listed) } ?? true
  }

  /// Looks at one entry.
  mutating func consider(
    _ position: NodeMap<Registration>.Position, _ entry: Registration, _ ledger: borrowing SourceLedger
  ) {
    sampled += 1
    let isSettled = entry.heardAt.since(entry.since) >= settlingTime
    let worth = worth(of: entry, isSettled: isSettled, ledger)
    guard worth < bound else { return }
    if let best, (best.worth, best.heardAt) <= (worth, entry.heardAt) { return }
    best = (position, worth, isSettled, entry.heardAt)
  }

  private func worth(of entry: Registration, isSettled: Bool, _ ledger: borrowing SourceLedger) -> Int {
    if !entry.isLive(at: now) { return Worth.runOut }
    if entry.isProven { return Worth.proven }
    if entry.flags.contains(.listed) { return Worth.listed }
    return Worth.unlisted(holding: ledger.count(SourceKey(entry.endpoint)), isSettled: isSettled)
  }
}

extension Int {
  /// How many binary digits a count has.
  fileprivate static func bitWidth(of count: Int) -> Int { bitWidth - count.leadingZeroBitCount }
}
