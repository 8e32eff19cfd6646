internal import PilotTransport
internal import PilotWire

/// Endpoints that were asked for a sign when their node registered: who receives there answers.
///
/// 256 sets of 4, found by the endpoint, since the answer names nobody; a full set gives up the oldest. Who is pushed out
/// is asked again at his next Discover.
struct Greetings: Sendable {
  private struct Entry: SetEntry {
    /// Nil in an empty place.
    var node: NodeID?
    var endpoint = Endpoint.any(port: 0)
    var at: UInt64 = 0

    static var empty: Entry { Entry() }
    /// Empty ones go first, then the oldest.
    var worth: UInt64 { node == nil ? 0 : at.addingClamped(1) }
  }

  static let capacity = 1_024

  private let hash: KeyedHash
  private var entries = SetsOfFour<Entry>(sets: Greetings.capacity / 4)

  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  mutating func note(_ node: NodeID, at endpoint: Endpoint, now: UInt64) {
    let place = entries.place(for: hash(at: endpoint)) { $0.node == node && $0.endpoint == endpoint }
    entries[place] = Entry(node: node, endpoint: endpoint, at: now)
  }

  /// A node that was asked at this endpoint within `timeout`, and isn't asked any more.
  mutating func take(at endpoint: Endpoint, now: UInt64, timeout: UInt64) -> NodeID? {
    for place in entries.places(of: hash(at: endpoint)) {
      let entry = entries[place]
      guard let node = entry.node, entry.endpoint == endpoint else { continue }
      entries[place] = .empty
      if now.since(entry.at) <= timeout { return node }
    }
    return nil
  }
}
