internal import PilotTransport
internal import PilotWire

/// How often nodes are told that a destination isn't here: once a second for each sender and destination, and 32 times a second
/// for each sender, so that one who asks for every number there is pushes out nobody's second.
///
/// Tables in sets of 4, 192 KiB in all.
struct GoneNotices: Sendable {
  static let perSender = 32

  private let hash: KeyedHash
  private var destinations = SourceRateLimit(perSecond: 1, burst: 1, sets: 2_048)
  private var senders = SourceRateLimit(perSecond: GoneNotices.perSender, burst: GoneNotices.perSender, sets: 1_024)

  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  /// Whether a sender is to be told of a destination now.
  mutating func admits(_ destination: NodeID, to sender: NodeID, at now: UInt64) -> Bool {
    let pair = hash(UInt64(sender.rawValue), UInt64(destination.rawValue))
    // Known ones first: frames for one that is gone must not take what the sender needs to hear of another.
    guard !destinations.holdsBack(pair, at: now), senders.admits(hash(sender.rawValue), at: now) else { return false }
    return destinations.admits(pair, at: now)
  }
}
