internal import PilotTransport
internal import PilotWire

/// Which nodes the other beacons of a deployment have said are attached to them: the neighbours that are configured, and nobody
/// else.
///
/// A list replaces what the same beacon has said before, and stands for 90 s (wire reference, section 2). A node that two of them
/// list is the one's that listed it first, as long as that one does: who claims a node elsewhere takes nothing from where it is.
/// Each neighbour has room of its own, for nodes and for lists: what one fills is full for that one alone.
struct NeighbourLists: ~Copyable, Sendable {
  /// The most neighbours.
  static let maximumNeighbours = 32
  /// The most lists of each neighbour, as many as a beacon has numbers. One with more nodes than a datagram lists has several.
  static let maximumLists = 256
  /// How long a list stands, in nanoseconds.
  static let lifetime: UInt64 = 90_000_000_000
  /// Lists taken a second of each neighbour, and at once: as many as a beacon of 500,000 nodes sends, twice.
  static let pace = (perSecond: 8, burst: 64)

  private struct Neighbour {
    var endpoint: Endpoint?
    var pace = RateLimit(perSecond: NeighbourLists.pace.perSecond, burst: NeighbourLists.pace.burst)
    var heardAt: UInt64?
    var lists: [List] = []
    /// Nodes whose entry is one of its own.
    var nodes = 0
  }

  private struct List {
    let beaconID: UInt32
    /// Which of the beacon's announcements it is: what an earlier one has listed, and this one hasn't, is there no more.
    var generation: UInt32
    var expiresAt: UInt64
  }

  /// What a node was last listed in.
  private struct Entry: BitwiseCopyable {
    let neighbour: UInt16
    let list: UInt16
    let generation: UInt32
  }

  private let capacity: Int
  private var neighbours: [Neighbour] = []
  private var map: NodeMap<Entry>
  private var sweepCursor = NodeMap<Entry>.Cursor()

  /// - Parameter capacity: The most nodes of each neighbour, at least 1. What finds no room is left out.
  init(capacity: Int, seed: UInt64) {
    self.capacity = max(1, capacity)
    map = NodeMap(expectedCount: capacity, seed: seed)
  }

  /// Those whose list has run out included, until they are removed.
  var count: Int { map.count }

  /// Whether there is none.
  var isEmpty: Bool { neighbours.isEmpty }

  /// Which of them have sent a list that stands, by their numbers. This very beacon, if it is among them, counts.
  func heard(at now: UInt64) -> [Bool] {
    neighbours.map { $0.heardAt.map { now.since($0) < Self.lifetime } ?? false }
  }

  /// Where the neighbours are, by their numbers; nil for those that aren't known to be anywhere. No more than
  /// ``maximumNeighbours`` count.
  mutating func place(_ endpoints: [Endpoint?]) {
    while neighbours.count < min(endpoints.count, Self.maximumNeighbours) { neighbours.append(Neighbour()) }
    for (number, endpoint) in zip(neighbours.indices, endpoints) { neighbours[number].endpoint = endpoint }
  }

  /// Where lists are to be sent to. This very beacon may be among them: that a neighbour is this one follows from nothing that
  /// nobody could forge, and who had it left out by a forgery would have shut it out.
  var endpoints: [Endpoint] { neighbours.compactMap(\.endpoint) }

  /// Which neighbour sends from an endpoint.
  func number(at source: Endpoint) -> Int? { neighbours.firstIndex { $0.endpoint == source } }

  /// A list of this very beacon has come back, which the same line of names for all beacons leads to. It counts as heard, and
  /// nothing else follows.
  mutating func heardOwn(from neighbour: Int, at now: UInt64) { neighbours[neighbour].heardAt = now }

  /// Whether one more list of a neighbour may be read now.
  mutating func admits(_ neighbour: Int, at now: UInt64) -> Bool { neighbours[neighbour].pace.admits(at: now) }

  /// Takes a list in.
  ///
  /// - Returns: How many of its nodes there was no room for.
  mutating func take(_ sync: borrowing Sync, of neighbour: Int, at now: UInt64) -> Int {
    guard let number = list(of: neighbour, sync.beaconID, at: now) else { return sync.listedCount }
    neighbours[neighbour].heardAt = now
    neighbours[neighbour].lists[number].generation &+= 1
    neighbours[neighbour].lists[number].expiresAt = now.addingClamped(Self.lifetime)
    let generation = neighbours[neighbour].lists[number].generation
    let entry = Entry(neighbour: UInt16(neighbour), list: UInt16(number), generation: generation)
    var leftOut = 0
    sync.forEach { node in
      let position = map.find(node.rawValue)
      if let position {
        let known = map[position]
        if known.neighbour == entry.neighbour {
          // In another list that stands, or in this one, where it may have been before.
          if known.list == entry.list || !stands(known, at: now) { map[position] = entry }
          return
        }
        if stands(known, at: now) { return }
      }
      guard neighbours[neighbour].nodes < capacity else { return leftOut += 1 }
      neighbours[neighbour].nodes += 1
      if let position {
        neighbours[Int(map[position].neighbour)].nodes -= 1
        map[position] = entry
      } else {
        map.insert(node.rawValue, entry)
      }
    }
    return leftOut
  }

  /// Which beacon a node is attached to, if one says so.
  func endpoint(of node: NodeID, at now: UInt64) -> Endpoint? {
    guard map.count > 0, let position = map.find(node.rawValue) else { return nil }
    let entry = map[position]
    return stands(entry, at: now) ? neighbours[Int(entry.neighbour)].endpoint : nil
  }

  /// Looks at the next `limit` slots, removes what no list has any more, and gives back memory that isn't needed.
  mutating func sweep(at now: UInt64, limit: Int) {
    guard map.count > 0 || map.slotCount > 0 else { return }
    var budget = limit
    while let position = map.nextTrimming(&sweepCursor, budget: &budget) {
      let entry = map[position]
      guard !stands(entry, at: now) else { continue }
      neighbours[Int(entry.neighbour)].nodes -= 1
      map.remove(at: position, behind: &sweepCursor)
    }
  }

  private func stands(_ entry: Entry, at now: UInt64) -> Bool {
    let list = neighbours[Int(entry.neighbour)].lists[Int(entry.list)]
    return list.generation == entry.generation && now < list.expiresAt
  }

  /// The number of a beacon's list: the one that it had, a new one, or that of one that has run out; nil if all stand.
  private mutating func list(of neighbour: Int, _ beaconID: UInt32, at now: UInt64) -> Int? {
    let lists = neighbours[neighbour].lists
    if let known = lists.firstIndex(where: { $0.beaconID == beaconID }) { return known }
    if lists.count < Self.maximumLists {
      neighbours[neighbour].lists.append(List(beaconID: beaconID, generation: 0, expiresAt: 0))
      return lists.count
    }
    guard let old = lists.firstIndex(where: { now >= $0.expiresAt }) else { return nil }
    neighbours[neighbour].lists[old] = List(beaconID: beaconID, generation: lists[old].generation, expiresAt: 0)
    return old
  }
}
