import PilotTransport

/// Which connections there are, whom they come from, and who goes when there is no room: never the newcomer, as long as
/// anybody is there that hasn't proven a key.
///
/// Two groups with bounds of their own: those that are authenticated, and those on their way there, of which each source has
/// a share. Beyond its share a source's oldest goes, and when all places are taken the oldest of the source that holds most;
/// of several that hold as much, of the one that has done so for longest. Each call takes the same few steps, however many
/// there are.
struct ConnectionLedger<ID: Hashable & Sendable>: Sendable {
  /// How many there may be.
  struct Bounds: Sendable {
    var authenticated: Int
    /// On their way to be authenticated, from all sources.
    var waiting: Int
    /// On their way, from one source.
    var waitingPerSource: Int
    /// In all.
    var open = Int.max
  }

  /// What becomes of a newcomer, and who goes for it.
  enum Arrival: Equatable {
    case admitted
    /// This one, of the same source, has to go: it has taken its share.
    case instead(of: ID)
    /// This one, of the source that holds most, has to go.
    case displacing(ID)
    /// All places belong to those who are authenticated.
    case refused
  }

  private enum Place {
    case waiting(Int32)
    case authenticated
  }

  private(set) var bounds: Bounds
  private var places: [ID: Place] = [:]
  /// Those on their way.
  private var waiting = Slots<ID>()
  /// Which source has which of them.
  private var sources = FairShares<SourceKey>()

  init(_ bounds: Bounds) { self.bounds = bounds }

  /// Another bound for those that are authenticated. Those above a lower one stay.
  mutating func bound(authenticated: Int) { bounds.authenticated = authenticated }

  /// How many authenticated ones there may be.
  var limit: Int { bounds.authenticated }
  /// Connections on their way.
  var waitingCount: Int { waiting.count }
  /// Authenticated ones.
  var authenticatedCount: Int { places.count - waiting.count }
  /// Whether one more may authenticate.
  var hasRoom: Bool { authenticatedCount < bounds.authenticated }

  /// Connections on their way from a source.
  func waitingCount(of source: SourceKey) -> Int { sources.count(of: source) }

  /// A connection has come. Who has to go is forgotten at once.
  ///
  /// - Parameter isExempt: Whether the share of a source doesn't hold for this one.
  mutating func arrive(_ id: ID, from source: SourceKey, isExempt: Bool = false) -> Arrival {
    guard places[id] == nil, bounds.waiting > 0 else { return .refused }
    var arrival = Arrival.admitted
    if !isExempt, sources.count(of: source) >= max(1, bounds.waitingPerSource), let slot = sources.oldest(of: source) {
      arrival = .instead(of: takeOut(slot))
    } else if waiting.count >= bounds.waiting || places.count >= bounds.open {
      guard let slot = sources.oldestOfLargest else { return .refused }
      arrival = .displacing(takeOut(slot))
    }
    add(id, from: source)
    return arrival
  }

  /// A connection on its way comes from elsewhere, as a proxy says: it counts as the newest of that source.
  mutating func move(_ id: ID, to source: SourceKey, isExempt: Bool = false) -> Arrival {
    guard case .waiting(let slot)? = places[id] else { return .refused }
    if sources.owner(of: slot) == source { return .admitted }
    takeOut(slot)
    return arrive(id, from: source, isExempt: isExempt)
  }

  /// A connection on its way has proven its key.
  ///
  /// - Returns: Whether there is room for it; if not, nothing has changed.
  mutating func authenticate(_ id: ID) -> Bool {
    guard case .waiting(let slot)? = places[id], hasRoom else { return false }
    takeOut(slot)
    places[id] = .authenticated
    return true
  }

  /// A connection has ended.
  mutating func end(_ id: ID) {
    switch places[id] {
    case .waiting(let slot)?: takeOut(slot)
    case .authenticated?: places[id] = nil
    case nil: break
    }
  }

  private mutating func add(_ id: ID, from source: SourceKey) {
    let slot = waiting.insert(id)
    places[id] = .waiting(slot)
    sources.take(slot, for: source)
  }

  @discardableResult
  private mutating func takeOut(_ slot: Int32) -> ID {
    let id = waiting.remove(slot)
    sources.giveUp(slot)
    places[id] = nil
    return id
  }
}

/// Values with a number each, which is used again when its value is gone.
private struct Slots<Value: Sendable>: Sendable {
  private var values: [Value?] = []
  private var free: [Int32] = []

  var count: Int { values.count - free.count }

  mutating func insert(_ value: Value) -> Int32 {
    if let slot = free.popLast() {
      values[Int(slot)] = value
      return slot
    }
    values.append(value)
    return Int32(values.count - 1)
  }

  mutating func remove(_ slot: Int32) -> Value {
    guard let value = values[Int(slot)] else { preconditionFailure("slot \(slot) is free") }
    values[Int(slot)] = nil
    free.append(slot)
    return value
  }
}
