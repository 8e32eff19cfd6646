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

  /// One on its way.
  private struct Waiting {
    var id: ID
    var source: Int32
  }

  private struct Source {
    var address: SourceKey
    var count = 0
    var waiting = SlotLinks.List()
  }

  private(set) var bounds: Bounds
  private var places: [ID: Place] = [:]
  private var waiting = Slots<Waiting>()
  private var waitingOrder = SlotLinks()
  private var sources = Slots<Source>()
  private var sourceOrder = SlotLinks()
  private var sourceSlots: [SourceKey: Int32] = [:]
  /// The sources that have so many on their way.
  private var sourcesByCount: [SlotLinks.List]
  /// The greatest count of any source.
  private var most = 0

  init(_ bounds: Bounds) {
    self.bounds = bounds
    sourcesByCount = Array(repeating: SlotLinks.List(), count: max(0, bounds.waiting) + 1)
  }

  /// Another bound for those that are authenticated. Those above a lower one stay.
  mutating func bound(authenticated: Int) { bounds.authenticated = authenticated }

  /// Connections on their way.
  var waitingCount: Int { waiting.count }
  /// Authenticated ones.
  var authenticatedCount: Int { places.count - waiting.count }
  /// Whether one more may authenticate.
  var hasRoom: Bool { authenticatedCount < bounds.authenticated }

  /// Connections on their way from a source.
  func waitingCount(of source: SourceKey) -> Int { sourceSlots[source].map { sources[$0].count } ?? 0 }

  /// A connection has come. Who has to go is forgotten at once.
  ///
  /// - Parameter isExempt: Whether the share of a source doesn't hold for this one.
  mutating func arrive(_ id: ID, from source: SourceKey, isExempt: Bool = false) -> Arrival {
    guard places[id] == nil, bounds.waiting > 0 else { return .refused }
    var arrival = Arrival.admitted
    if !isExempt, let slot = sourceSlots[source], sources[slot].count >= max(1, bounds.waitingPerSource) {
      arrival = .instead(of: takeOldest(of: slot))
    } else if waiting.count >= bounds.waiting || places.count >= bounds.open {
      guard most > 0 else { return .refused }
      arrival = .displacing(takeOldest(of: sourcesByCount[most].first))
    }
    add(id, from: source)
    return arrival
  }

  /// A connection on its way comes from elsewhere, as a proxy says: it counts as the newest of that source.
  mutating func move(_ id: ID, to source: SourceKey, isExempt: Bool = false) -> Arrival {
    guard case .waiting(let slot)? = places[id] else { return .refused }
    if sources[waiting[slot].source].address == source { return .admitted }
    remove(slot)
    return arrive(id, from: source, isExempt: isExempt)
  }

  /// A connection on its way has proven its key.
  ///
  /// - Returns: Whether there is room for it; if not, nothing has changed.
  mutating func authenticate(_ id: ID) -> Bool {
    guard case .waiting(let slot)? = places[id], hasRoom else { return false }
    remove(slot)
    places[id] = .authenticated
    return true
  }

  /// A connection has ended.
  mutating func end(_ id: ID) {
    switch places[id] {
    case .waiting(let slot)?: remove(slot)
    case .authenticated?: places[id] = nil
    case nil: break
    }
  }

  private mutating func add(_ id: ID, from address: SourceKey) {
    let source = sourceSlots[address] ?? sources.insert(Source(address: address))
    sourceSlots[address] = source
    let slot = waiting.insert(Waiting(id: id, source: source))
    places[id] = .waiting(slot)
    waitingOrder.append(slot, to: &sources[source].waiting)
    count(source, by: 1)
  }

  private mutating func takeOldest(of source: Int32) -> ID {
    let slot = sources[source].waiting.first
    let id = waiting[slot].id
    remove(slot)
    return id
  }

  private mutating func remove(_ slot: Int32) {
    let (id, source) = (waiting[slot].id, waiting[slot].source)
    waitingOrder.remove(slot, from: &sources[source].waiting)
    waiting.remove(slot)
    places[id] = nil
    count(source, by: -1)
  }

  private mutating func count(_ source: Int32, by change: Int) {
    let before = sources[source].count
    let after = before + change
    if before > 0 { sourceOrder.remove(source, from: &sourcesByCount[before]) }
    if after > 0 {
      sources[source].count = after
      sourceOrder.append(source, to: &sourcesByCount[after])
    } else {
      sourceSlots[sources[source].address] = nil
      sources.remove(source)
    }
    if after > most { most = after } else if before == most, sourcesByCount[most].isEmpty { most = after }
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

  mutating func remove(_ slot: Int32) {
    values[Int(slot)] = nil
    free.append(slot)
  }

  subscript(slot: Int32) -> Value {
    get {
      guard let value = values[Int(slot)] else { preconditionFailure("slot \(slot) is free") }
      return value
    }
    set { values[Int(slot)] = newValue }
  }
}
