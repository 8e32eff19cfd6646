internal import PilotTransport
internal import PilotWire

/// Nodes whose connection has ended and that are nowhere else since, for a minute: what tells one that has just gone from one
/// that wasn't here.
///
/// 1,024 sets of 4, found by the node; a full set gives up who left first. 64 KiB.
struct Departures: Sendable {
  private struct Entry: SetEntry {
    /// 0 for an empty place.
    let node: UInt32
    let at: UInt64

    static var empty: Entry { Entry(node: 0, at: 0) }
    var worth: UInt64 { at }
  }

  /// How long one is remembered, in nanoseconds.
  private static let lifetime: UInt64 = 60_000_000_000

  private let hash: KeyedHash
  private var entries = SetsOfFour<Entry>(sets: 1_024)

  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  mutating func note(_ node: NodeID, at now: UInt64) {
    let place = entries.place(for: hash(node.rawValue)) { $0.node == node.rawValue }
    entries[place] = Entry(node: node.rawValue, at: now)
  }

  /// Whether the node left less than a minute ago.
  func contains(_ node: NodeID, at now: UInt64) -> Bool {
    entries.places(of: hash(node.rawValue)).contains { place in
      entries[place].node == node.rawValue && now.since(entries[place].at) < Self.lifetime
    }
  }
}
