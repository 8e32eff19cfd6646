internal import PilotTransport
internal import PilotWire

/// The nodes registered over UDP: never more than the capacity, whatever anybody sends, and of the unproven never more than
/// a share from each source.
///
/// Whatever comes, goes, or becomes proven passes ``exchange(_:for:)``, so that the ledger of sources is exact at any time.
struct NodeTable: ~Copyable, Sendable {
  /// Whether a Relay's sender is where it claims to be, and may send.
  enum SenderCheck: Equatable {
    case current, elsewhere, unknown
    /// Where it claims to be, and its source has had its share.
    case limited
    /// At the address where the node is registered, unproven, but another port.
    case otherPort
  }

  /// Whether a newcomer got in.
  enum Admission: Equatable {
    case added, addedByEviction, refused
    /// Its source holds as many as it may.
    case sourceFull
  }

  private let capacity: Int
  /// Unproven registrations of each source at most.
  var nodesPerSource: Int
  let settlingTime: UInt64
  private let creditPerByteHeard: UInt32
  private(set) var map: NodeMap<Registration>
  private(set) var ledger: SourceLedger
  /// Which nodes have come, gone, or proven who they are.
  var changes: AttachmentChanges
  /// Who has changed in any way, while somebody wants to know.
  var changeLog: ChangeLog?
  /// Since another table was taken in that is larger than this one.
  private var adoption: AdoptionRanks?
  private var expiryCursor = NodeMap<Registration>.Cursor()
  private var evictionCursor = NodeMap<Registration>.Cursor()

  init(_ bounds: RouterBounds, seed: UInt64) {
    capacity = bounds.nodeCapacity
    nodesPerSource = bounds.nodesPerSource
    settlingTime = bounds.settlingTime
    creditPerByteHeard = bounds.creditPerByteHeard
    map = NodeMap(expectedCount: capacity, seed: seed)
    changes = AttachmentChanges(isKept: bounds.isInCluster)
    ledger = SourceLedger(seed: seed ^ 0x5D)
  }

  /// Those that have run out included, until they are removed.
  var count: Int { map.count }

  /// The node's registration unless it has run out.
  @inline(__always)
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

  /// A Relay of so many bytes came from `source`, with `node` as its sender.
  mutating func hear(
    _ node: NodeID, from source: Endpoint, bytes: Int, at now: UInt64, _ buckets: inout SourceBuckets
  ) -> SenderCheck {
    guard let position = map.find(node.rawValue) else { return .unknown }
    let registration = map[position]
    guard registration.isLive(at: now) else { return .unknown }
    guard registration.endpoint == source else {
      let isOtherPort = !registration.isProven && registration.endpoint.hasAddress(of: source)
      return isOtherPort ? .otherPort : .elsewhere
    }
    if registration.heardAt < now { map[position].heardAt = now }
    if !registration.hasAnswered { map[position].earn(UInt32(clamping: bytes) &* creditPerByteHeard) }
    switch buckets.admits(bytes, from: registration, at: now) {
    case .admitted: return .current
    case .limited: return .limited
    case .unknown: return charge(bytes, node, at: position, now, &buckets) ? .current : .limited
    }
  }

  /// A Relay of so many bytes came from another port of a node's address, and is to be relayed if its source has a share left.
  mutating func admits(
    _ node: NodeID, bytes: Int, at now: UInt64, _ buckets: inout SourceBuckets
  ) -> Bool {
    guard let position = map.find(node.rawValue) else { return false }
    return charge(bytes, node, at: position, now, &buckets)
  }

  /// Looks up the bucket first.
  @inline(never)
  private mutating func charge(
    _ bytes: Int, _ node: NodeID, at position: NodeMap<Registration>.Position, _ now: UInt64,
    _ buckets: inout SourceBuckets
  ) -> Bool {
    map[position].bucket = buckets.bucket(of: node, map[position])
    return buckets.admits(bytes, from: map[position], at: now) == .admitted
  }

  /// Takes credit of an endpoint that hasn't answered. Whether there was enough.
  mutating func spend(_ bytes: Int, on node: NodeID) -> Bool {
    guard let position = map.find(node.rawValue) else { return false }
    return map[position].spend(UInt32(clamping: bytes))
  }

  /// Gives an endpoint that hasn't answered credit.
  mutating func earn(_ bytes: UInt32, _ node: NodeID) {
    guard let position = map.find(node.rawValue) else { return }
    map[position].earn(bytes)
  }

  /// Puts `registration` in the place of what is known of the node, or adds it.
  mutating func set(_ node: NodeID, _ registration: Registration, at now: UInt64) -> Admission {
    let known = map.find(node.rawValue)
    guard !exceedsShare(registration, replacing: known.map { map[$0] }) else { return .sourceFull }
    changeLog?.note(node.rawValue)
    if let known {
      exchange(map[known], for: registration)
      if map[known].isProven != registration.isProven { changes.note(node.rawValue) }
      map[known] = registration
      return .added
    }
    var admission = Admission.added
    if map.count >= capacity {
      guard let victim = evictionCandidate(for: registration, at: now) else { return .refused }
      remove(at: victim)
      admission = .addedByEviction
    }
    exchange(nil, for: registration)
    map.insert(node.rawValue, registration)
    changes.note(node.rawValue)
    return admission
  }

  /// Removes what a proof has said of the node, and tells where that was.
  mutating func removeProven(_ node: NodeID) -> Endpoint? {
    guard let position = map.find(node.rawValue), map[position].isProven else { return nil }
    let endpoint = map[position].endpoint
    remove(at: position)
    return endpoint
  }

  /// Takes all proofs back, and leaves the registrations, however many of a source they are. Returns how many there were.
  mutating func distrustAll() -> Int {
    var distrusted = 0
    var cursor = NodeMap<Registration>.Cursor()
    var budget = Int.max
    for _ in 0..<map.count {
      guard let position = map.next(&cursor, budget: &budget) else { break }
      var registration = map[position]
      guard registration.flags.remove(.proven) != nil else { continue }
      registration.bucket = .none
      exchange(map[position], for: registration)
      map[position] = registration
      changes.note(map.key(at: position))
      distrusted += 1
    }
    changeLog?.noteAll()
    return distrusted
  }

  /// Removes what an unproven Discover has said of the node, and tells where that was.
  @discardableResult
  mutating func removeUnproven(_ node: NodeID) -> Endpoint? {
    guard let position = map.find(node.rawValue), !map[position].isProven else { return nil }
    let endpoint = map[position].endpoint
    remove(at: position)
    return endpoint
  }

  /// Who receives at `endpoint` has answered there. False unless the node is registered at it.
  mutating func answered(_ node: NodeID, at endpoint: Endpoint, now: UInt64) -> Bool {
    guard let position = map.find(node.rawValue), map[position].endpoint == endpoint, map[position].isLive(at: now)
    else { return false }
    if !map[position].hasAnswered { changeLog?.note(node.rawValue) }
    map[position].flags.insert(.answered)
    map[position].heardAt = max(map[position].heardAt, now)
    return true
  }

  /// Looks at the next `limit` slots, removes those that have run out or whose address the rules don't admit, and gives back
  /// memory that isn't needed. Returns how many were removed.
  mutating func expire(
    at now: UInt64, admitting rules: AddressRules? = nil, limit: Int
  ) -> (expired: Int, denied: Int) {
    var budget = limit
    var (expired, denied) = (0, 0)
    while let position = map.nextTrimming(&expiryCursor, budget: &budget) {
      if !map[position].isLive(at: now) {
        expired += 1
      } else if let rules, !rules.admits(map[position].endpoint) {
        denied += 1
      } else {
        continue
      }
      changeLog?.note(map.key(at: position))
      exchange(map[position], for: nil)
      changes.note(map.key(at: position))
      map.remove(at: position, behind: &expiryCursor)
    }
    return (expired, denied)
  }

  /// Takes in what another table has known of a node, whatever is known here: whose share it takes was looked at there. If this
  /// table is full, it takes the place of the least of all, and none if that is itself.
  ///
  /// - Returns: Whether there is a place for it.
  mutating func adopt(_ node: NodeID, _ registration: Registration) -> Bool {
    if let known = map.find(node.rawValue) {
      exchange(map[known], for: registration)
      map[known] = registration
      adoption?.note(node.rawValue, registration)
      return true
    }
    guard map.count < capacity || displaceLeast(for: registration) else { return false }
    exchange(nil, for: registration)
    map.insert(node.rawValue, registration)
    adoption?.note(node.rawValue, registration)
    changes.note(node.rawValue)
    return true
  }

  /// Nothing more is taken in. Returns how many had a place and lost it.
  mutating func endAdoption() -> Int { adoption.take()?.displaced ?? 0 }

  private mutating func displaceLeast(for newcomer: Registration) -> Bool {
    var ranks = adoption.take() ?? AdoptionRanks()
    defer { adoption = ranks }
    if ranks.count < map.count || ranks.count > 2 * map.count {
      ranks.removeAll()
      for shard in 0..<map.shardCount { map.forEach(inShard: shard) { ranks.note($0, $1) } }
    }
    let least = ranks.least { node in map.find(node).map { map[$0] } }
    guard let least, least.rank < AdoptionRanks.Rank(newcomer), let position = map.find(least.node) else {
      return false
    }
    remove(at: position)
    ranks.displaced += 1
    return true
  }

  /// Removes whatever is known of the node.
  mutating func forget(_ node: NodeID) {
    if let position = map.find(node.rawValue) { remove(at: position) }
  }

  /// Removes everything.
  mutating func removeAll() {
    var cursor = NodeMap<Registration>.Cursor()
    var budget = Int.max
    while map.count > 0, let position = map.next(&cursor, budget: &budget) {
      exchange(map[position], for: nil)
      changes.note(map.key(at: position))
      map.remove(at: position, behind: &cursor)
    }
  }

  private mutating func remove(at position: NodeMap<Registration>.Position) {
    changeLog?.note(map.key(at: position))
    exchange(map[position], for: nil)
    changes.note(map.key(at: position))
    map.remove(at: position)
  }

  /// Keeps the ledger: what is known of a node is about to become something else, or to come or go.
  private mutating func exchange(_ old: Registration?, for new: Registration?) {
    if let old, let new, old.isProven == new.isProven, old.endpoint == new.endpoint { return }
    let (old, new) = (old?.countedSource, new?.countedSource)
    guard old != new else { return }
    if let old { ledger.remove(old) }
    if let new { ledger.add(new) }
  }

  /// Whether one more of this source would be too many. Those whose key is known are bounded by the directory: a stranger
  /// behind the same address must not keep them out.
  private func exceedsShare(_ registration: Registration, replacing old: Registration?) -> Bool {
    if let old, old.isProven == registration.isProven, old.endpoint == registration.endpoint { return false }
    guard let source = registration.countedSource, source != old?.countedSource,
      !registration.flags.contains(.listed)
    else { return false }
    return ledger.count(source) >= nodesPerSource
  }

  private mutating func evictionCandidate(
    for newcomer: Registration, at now: UInt64
  ) -> NodeMap<Registration>.Position? {
    var choice = EvictionChoice(for: newcomer, settlingTime: settlingTime, at: now)
    var budget = Int.max
    while choice.isOpen, let position = map.next(&evictionCursor, budget: &budget) {
      let entry = map[position]
      choice.consider(position, entry, ledger)
    }
    return choice.position
  }
}

extension Registration {
  /// Whose share it takes; nil if it is proven, and takes none.
  var countedSource: SourceKey? { isProven ? nil : SourceKey(endpoint) }
}

extension Endpoint {
  /// Whether the addresses are the same, whatever the ports.
  func hasAddress(of other: Endpoint) -> Bool {
    low == other.low && high == other.high && scope == other.scope
  }
}
