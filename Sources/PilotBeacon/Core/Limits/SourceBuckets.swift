internal import PilotTransport
internal import PilotWire

/// What each source over UDP has had relayed lately, in 1 MiB: by address for nodes that are unproven, by node for proven
/// ones, who get ten times as much.
///
/// 16,384 sets of 4, found by a keyed hash. A newcomer finds a full bucket, in the place of who has been quiet longest in its
/// set: nobody can fill the table for others, and who is pushed out by four lively neighbours starts anew, which favours
/// nobody for long. A registration keeps the place of its bucket, so that a frame costs no second hash and one cache line.
struct SourceBuckets: Sendable {
  /// Where a source's bucket was, with a part of its tag: the place may be another's by now.
  struct Handle: Equatable, Sendable, BitwiseCopyable {
    /// The tag's part above the place. Never 0 but for no bucket at all.
    fileprivate let rawValue: UInt32

    /// No bucket yet.
    static let none = Handle(rawValue: 0)
  }

  enum Verdict: Equatable {
    case admitted, limited
    /// The handle is for no bucket, or one that has gone.
    case unknown
  }

  private struct Entry: Sendable, BitwiseCopyable {
    /// The source's hash. An empty place has no handle: its tag isn't that of none.
    var tag: UInt64 = .max
    var paidUntil: UInt64 = 0
  }

  static let capacity = 65_536
  private static let ways = 4

  private var unproven: RelayPace
  private var proven: RelayPace
  private let hash: KeyedHash
  private var entries: [Entry]

  /// - Parameters:
  ///   - perSecond: Frames a second of unproven sources; 0 is no limit.
  ///   - seed: unknown to whoever chooses the sources.
  init(perSecond: Int, seed: UInt64) {
    unproven = RelayPace(perSecond: perSecond)
    proven = .ofKnown(perSecond: perSecond)
    hash = KeyedHash(seed: seed)
    entries = unproven.isUnlimited ? [] : Array(repeating: Entry(), count: Self.capacity)
  }

  /// Another pace from now on. What sources have had so far counts on.
  mutating func setPace(perSecond: Int) {
    unproven = RelayPace(perSecond: perSecond)
    proven = .ofKnown(perSecond: perSecond)
    if !unproven.isUnlimited, entries.isEmpty { entries = Array(repeating: Entry(), count: Self.capacity) }
  }

  /// A frame wants to be relayed for a registered node, from where it is registered.
  @inline(__always)
  mutating func admits(_ bytes: Int, from registration: Registration, at now: UInt64) -> Verdict {
    if unproven.isUnlimited { return .admitted }
    let index = Int(registration.bucket.rawValue & UInt32(Self.capacity - 1))
    guard Self.tag(entries[index].tag) == registration.bucket.rawValue >> 16 else { return .unknown }
    let pace = registration.isProven ? proven : unproven
    return pace.admits(bytes, &entries[index].paidUntil, at: now) ? .admitted : .limited
  }

  /// The bucket of a node's source, a full one if it has none.
  mutating func bucket(of node: NodeID, _ registration: Registration) -> Handle {
    if unproven.isUnlimited { return .none }
    let source = registration.isProven ? SourceKey(node) : SourceKey(registration.endpoint)
    let tag = hash(source) | 1 << 32
    let first = Int(tag & UInt64(Self.capacity / Self.ways - 1)) * Self.ways
    var place = first
    for index in first..<first + Self.ways {
      if entries[index].tag == tag {
        place = index
        break
      }
      if entries[index].paidUntil < entries[place].paidUntil { place = index }
    }
    if entries[place].tag != tag { entries[place] = Entry(tag: tag) }
    return Handle(rawValue: Self.tag(tag) << 16 | UInt32(truncatingIfNeeded: place))
  }

  /// The part that a handle holds: 16 bits above the place's, the lowest always set.
  private static func tag(_ tag: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: tag >> 32) & 0xFFFF }
}

extension RelayPace {
  /// That of proven and authenticated nodes: ten times as much.
  static func ofKnown(perSecond: Int) -> RelayPace {
    let (tenfold, overflow) = perSecond.multipliedReportingOverflow(by: 10)
    return RelayPace(perSecond: overflow ? .max : tenfold)
  }
}
