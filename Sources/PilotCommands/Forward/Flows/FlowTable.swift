import PilotTransport

/// Which flow has which of a bounded number of places, and for how long nothing has gone through it. A place is what the other
/// side knows a flow by: a source port, a socket.
///
/// **Expiry.** A flow that nothing goes through, in either direction, is given up after a time.
///
/// **Fairness.** Flows are counted by shares: a client's address at a port, a peer at a service. In a full table a new flow takes the room of another,
/// which is the one that has been quiet for longest among those of the share that holds most; so who opens flows without end takes
/// their room from himself. A share can be bounded as well: at its bound it gives up one of its own.
///
/// Each call costs the same however many flows there are, and none allocates once the table has been as full before. The same
/// calls have the same results.
struct FlowTable<Key: Hashable & Sendable, Share: Hashable & Sendable>: Sendable {
  /// What opening a flow has come to.
  enum Opening: Equatable, Sendable {
    /// There is one of this key.
    case known(Int)
    /// It is new; for its sake the flow at another place was closed, if one is named.
    case opened(Int, closed: Int?)

    /// The flow's place.
    var place: Int {
      switch self {
      case .known(let place), .opened(let place, _): place
      }
    }
  }

  private struct Flow: Sendable {
    var key: Key
    var lastUsed: MonotonicInstant
  }

  /// How many flows there are at most.
  let capacity: Int
  /// How many of them one share has at most.
  let shareCapacity: Int
  /// How long a flow stays that nothing goes through.
  let idleTime: Duration

  private var places: [Key: Int32] = [:]
  private var flows: [Flow?] = []
  private let placeCount: Int
  /// Places that have had a flow, in the order in which they became free: what still comes for it finds nobody for as long as
  /// possible.
  private var freePlaces = SlotLinks.List()
  /// All flows, the one that has been quiet for longest first.
  private var ages = SlotLinks.List()
  /// Neighbours in `ages` or `freePlaces`.
  private var ageLinks = SlotLinks()
  /// Which share holds which places.
  private var shares = FairShares<Share>()

  /// - Parameters:
  ///   - capacity: How many flows there are at most, 1 or more.
  ///   - spare: How many more places there are than flows: in a full table, a place rests until so many others have been given.
  ///   - shareCapacity: How many of them one share has at most; nil for no such bound.
  ///   - idleTime: How long a flow stays that nothing goes through.
  init(capacity: Int, spare: Int = 0, shareCapacity: Int? = nil, idleTime: Duration) {
    self.capacity = max(capacity, 1)
    placeCount = max(capacity, 1) + max(spare, 0)
    self.shareCapacity = max(min(shareCapacity ?? capacity, capacity), 1)
    self.idleTime = idleTime
  }

  /// How many flows there are.
  var count: Int { places.count }

  /// The flow at a place; nil if it is free.
  func key(at place: Int) -> Key? { flows.indices.contains(place) ? flows[place]?.key : nil }

  /// The place of a flow; nil if there is none.
  func place(of key: Key) -> Int? { places[key].map { Int($0) } }

  /// When the next flow is due to be given up, if nothing goes through any.
  var deadline: MonotonicInstant? {
    guard !ages.isEmpty, let oldest = flows[Int(ages.first)] else { return nil }
    return oldest.lastUsed.advanced(by: idleTime)
  }

  /// Something goes through a flow, which is opened if there is none yet.
  mutating func open(_ key: Key, of share: Share, at now: MonotonicInstant) -> Opening {
    if let place = places[key] {
      touch(Int(place), at: now)
      return .known(Int(place))
    }
    let victim = victim(for: share)
    if let victim { _ = vacate(victim) }
    let place = freePlace()
    occupy(place, key, share, now)
    return .opened(Int(place), closed: victim.map { Int($0) })
  }

  /// Something goes through the flow at a place, if there is one.
  mutating func touch(_ place: Int, at now: MonotonicInstant) {
    guard flows.indices.contains(place), var flow = flows[place] else { return }
    let number = Int32(place)
    flow.lastUsed = now
    flows[place] = flow
    ageLinks.remove(number, from: &ages)
    ageLinks.append(number, to: &ages)
    shares.use(number)
  }

  /// Gives up one flow that nothing has gone through for the idle time. Call it until there is none.
  ///
  /// - Returns: The place, and what was there; nil if none is due.
  mutating func expire(at now: MonotonicInstant) -> (place: Int, key: Key)? {
    guard let deadline, deadline <= now else { return nil }
    let place = Int(ages.first)
    return (place, vacate(Int32(place)))
  }

  /// Closes the flow at a place, if there is one.
  @discardableResult
  mutating func close(_ place: Int) -> Key? {
    guard key(at: place) != nil else { return nil }
    return vacate(Int32(place))
  }

  /// Which flow has to make room for a new one of this share; nil if there is a free place.
  private func victim(for share: Share) -> Int32? {
    let own = shares.count(of: share)
    if own >= shareCapacity { return shares.oldest(of: share) }
    guard count >= capacity else { return nil }
    return own == shares.largestCount ? shares.oldest(of: share) : shares.oldestOfLargest
  }

  private mutating func freePlace() -> Int32 {
    // Places that nobody has had come first: nothing late comes for them.
    if flows.count < placeCount {
      flows.append(nil)
      return Int32(flows.count - 1)
    }
    let place = freePlaces.first
    ageLinks.remove(place, from: &freePlaces)
    return place
  }

  private mutating func occupy(_ place: Int32, _ key: Key, _ share: Share, _ now: MonotonicInstant) {
    flows[Int(place)] = Flow(key: key, lastUsed: now)
    places[key] = place
    ageLinks.append(place, to: &ages)
    shares.take(place, for: share)
  }

  /// Closes the flow at a place, which becomes the last of the free ones.
  private mutating func vacate(_ place: Int32) -> Key {
    guard let flow = flows[Int(place)] else { preconditionFailure("a place without a flow is in no list of flows") }
    flows[Int(place)] = nil
    places[flow.key] = nil
    ageLinks.remove(place, from: &ages)
    ageLinks.append(place, to: &freePlaces)
    shares.giveUp(place)
    return flow.key
  }
}
