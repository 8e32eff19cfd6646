internal import PilotWire

/// The nodes registered over UDP: never more than the capacity, whatever anybody sends.
struct NodeTable: ~Copyable, Sendable {
  /// Whether a Relay's sender is where it claims to be.
  enum SenderCheck: Equatable {
    case current, elsewhere, unknown
    /// At the address where the node is registered, unproven, but another port.
    case otherPort
  }

  /// Whether a newcomer got in.
  enum Admission: Equatable {
    case added, addedByEviction, refused
  }

  /// How many entries are compared when one has to go: 8, and up to 64 as long as all of them are worth keeping.
  private static let sampleSize = 8
  private static let largestSample = 64

  private let capacity: Int
  private let settlingTime: UInt64
  private var map: NodeMap<Registration>
  private var expiryCursor = NodeMap<Registration>.Cursor()
  private var evictionCursor = NodeMap<Registration>.Cursor()

  init(capacity: Int, settlingTime: UInt64, seed: UInt64) {
    self.capacity = capacity
    self.settlingTime = settlingTime
    map = NodeMap(expectedCount: capacity, seed: seed)
  }

  /// Those that have run out included, until they are removed.
  var count: Int { map.count }

  /// The node's registration unless it has run out.
  func live(_ node: NodeID, at now: UInt64) -> Registration? {
    guard let position = map.find(node.rawValue) else { return nil }
    let registration = map[position]
    return registration.isLive(at: now) ? registration : nil
  }

  /// Reads what ``live(_:at:)`` will read first, from one end to the other.
  ///
  /// - Returns: A number that means nothing, so that reading it isn't optimised away.
  func touch(_ node: UInt32) -> UInt64 {
    guard let (key, entry) = map.peek(node) else { return 0 }
    return entry.endpoint.low &+ entry.expiresAt &+ UInt64(key)
  }

  /// A Relay came from `source`, with `node` as its sender.
  mutating func hear(_ node: NodeID, from source: Endpoint, at now: UInt64) -> SenderCheck {
    guard let position = map.find(node.rawValue), map[position].isLive(at: now) else { return .unknown }
    guard map[position].endpoint == source else {
      let isOtherPort = !map[position].isProven && map[position].endpoint.hasAddress(of: source)
      return isOtherPort ? .otherPort : .elsewhere
    }
    if map[position].heardAt < now { map[position].heardAt = now }
    return .current
  }

  /// Puts `registration` in the place of what is known of the node, or adds it.
  mutating func set(_ node: NodeID, _ registration: Registration, at now: UInt64) -> Admission {
    if let position = map.find(node.rawValue) {
      map[position] = registration
      return .added
    }
    guard map.count >= capacity else {
      map.insert(node.rawValue, registration)
      return .added
    }
    guard let victim = evictionCandidate(for: registration, at: now) else { return .refused }
    map.remove(at: victim)
    map.insert(node.rawValue, registration)
    return .addedByEviction
  }

  /// Removes what a proof has said of the node, and tells where that was.
  mutating func removeProven(_ node: NodeID) -> Endpoint? {
    guard let position = map.find(node.rawValue), map[position].isProven else { return nil }
    let endpoint = map[position].endpoint
    map.remove(at: position)
    return endpoint
  }

  /// Takes all proofs back, and leaves the registrations. Returns how many there were.
  mutating func distrustAll() -> Int {
    var distrusted = 0
    var cursor = NodeMap<Registration>.Cursor()
    var budget = Int.max
    for _ in 0..<map.count {
      guard let position = map.next(&cursor, budget: &budget) else { break }
      if map[position].flags.remove(.proven) != nil { distrusted += 1 }
    }
    return distrusted
  }

  /// Removes what an unproven Discover has said of the node, and tells where that was.
  @discardableResult
  mutating func removeUnproven(_ node: NodeID) -> Endpoint? {
    guard let position = map.find(node.rawValue), !map[position].isProven else { return nil }
    let endpoint = map[position].endpoint
    map.remove(at: position)
    return endpoint
  }

  /// Who receives at `endpoint` has answered there. False unless the node is registered at it.
  mutating func answered(_ node: NodeID, at endpoint: Endpoint, now: UInt64) -> Bool {
    guard let position = map.find(node.rawValue), map[position].endpoint == endpoint, map[position].isLive(at: now)
    else { return false }
    map[position].flags.insert(.answered)
    map[position].heardAt = max(map[position].heardAt, now)
    return true
  }

  /// Looks at the next `limit` slots, and removes those that have run out. Returns how many.
  mutating func expire(at now: UInt64, limit: Int) -> Int {
    var budget = limit
    var removed = 0
    while let position = map.next(&expiryCursor, budget: &budget) {
      if map[position].isLive(at: now) { continue }
      map.remove(at: position, behind: &expiryCursor)
      removed += 1
    }
    return removed
  }

  /// Of a sample, the entry that is missed least: run out, else unproven and not settled, else unproven; among equals the
  /// one silent longest. A proven one goes only for a proven newcomer.
  ///
  /// The sample is what a cursor meets next: it needs no randomness, since the slots are as good as shuffled by the seed.
  /// It takes no bound either: the table is full, and so about every other slot is taken.
  private mutating func evictionCandidate(
    for newcomer: Registration, at now: UInt64
  ) -> NodeMap<Registration>.Position? {
    var best: (position: NodeMap<Registration>.Position, worth: UInt8, heardAt: UInt64)?
    var budget = Int.max
    for sampled in 0..<Self.largestSample {
      if sampled >= Self.sampleSize, let best, best.worth < Self.settledWorth { break }
      guard let position = map.next(&evictionCursor, budget: &budget) else { break }
      let entry = map[position]
      let worth = worth(of: entry, at: now)
      guard worth < Self.provenWorth || newcomer.isProven else { continue }
      if let best, (best.worth, best.heardAt) <= (worth, entry.heardAt) { continue }
      best = (position, worth, entry.heardAt)
    }
    return best?.position
  }

  private static let settledWorth: UInt8 = 2
  private static let provenWorth: UInt8 = 3

  private func worth(of entry: Registration, at now: UInt64) -> UInt8 {
    if !entry.isLive(at: now) { return 0 }
    if entry.isProven { return Self.provenWorth }
    return entry.heardAt.since(entry.since) >= settlingTime ? Self.settledWorth : 1
  }
}

extension Endpoint {
  /// Whether the addresses are the same, whatever the ports.
  func hasAddress(of other: Endpoint) -> Bool {
    low == other.low && high == other.high && scope == other.scope
  }
}
