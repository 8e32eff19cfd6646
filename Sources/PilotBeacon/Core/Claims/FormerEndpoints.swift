internal import PilotTransport
internal import PilotWire

/// Where nodes were taken from, so that a move that was a mistake can be undone.
///
/// 1,024 sets of 4, found by the node; a full set gives up what ends first. About 230 KiB.
///
/// The first endpoint that a node is taken from counts for its whole time, whatever happens next: else who has taken a node
/// would move it once more, between two endpoints of his own, and the right one would be forgotten.
struct FormerEndpoints: Sendable {
  private struct Entry: SetEntry {
    /// Nil in an empty place.
    var node: NodeID?
    var endpoint = Endpoint.any(port: 0)
    /// Until when the endpoint can take its node back.
    var until: UInt64 = 0
    /// Before that it can't do so again.
    var notBefore: UInt64 = 0

    static var empty: Entry { Entry() }
    /// What ends first goes first.
    var worth: UInt64 { until }
  }

  static let capacity = 4_096

  private let hash: KeyedHash
  private var entries = SetsOfFour<Entry>(sets: FormerEndpoints.capacity / 4)

  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  /// A node was taken from an endpoint, and can be taken back `until` then.
  mutating func remember(_ node: NodeID, at endpoint: Endpoint, until: UInt64, now: UInt64) {
    let place = entries.place(for: hash(node.rawValue)) { $0.node == node }
    guard entries[place].node != node || entries[place].until <= now else { return }
    entries[place] = Entry(node: node, endpoint: endpoint, until: until, notBefore: now)
  }

  /// Whether the node was taken from this endpoint, and goes back there now. It doesn't again within `holdDown`: who can
  /// forge that source would otherwise hold the node there.
  mutating func takesBack(_ node: NodeID, to endpoint: Endpoint, holdDown: UInt64, at now: UInt64) -> Bool {
    let place = entries.place(for: hash(node.rawValue)) { $0.node == node }
    let entry = entries[place]
    guard entry.node == node, entry.endpoint == endpoint else { return false }
    guard now < entry.until, now >= entry.notBefore else { return false }
    entries[place].notBefore = now.addingClamped(holdDown)
    return true
  }

  /// The node has proven where it is.
  mutating func forget(_ node: NodeID) {
    let place = entries.place(for: hash(node.rawValue)) { $0.node == node }
    if entries[place].node == node { entries[place] = .empty }
  }
}
