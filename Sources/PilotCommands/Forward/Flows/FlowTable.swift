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
    var share: Int32
    var lastUsed: MonotonicInstant
  }

  private struct ShareRecord: Sendable {
    var share: Share
    var count = 0
    /// Its flows, the one that has been quiet for longest first.
    var flows = PlaceChain()
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
  private var freePlaces = PlaceChain()
  /// All flows, the one that has been quiet for longest first.
  private var ages = PlaceChain()
  /// Neighbours in `ages` or `freePlaces`, and among the flows of one share.
  private var ageLinks = PlaceLinks()
  private var flowLinks = PlaceLinks()

  private var shareNumbers: [Share: Int32] = [:]
  private var shares: [ShareRecord?] = []
  private var freeShares = PlaceChain()
  /// The shares that hold so many flows, by that number.
  private var sharesByCount: [PlaceChain] = [PlaceChain()]
  private var shareLinks = PlaceLinks()
  /// How many flows the share has that has most.
  private var largestCount = 0

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
    changeShare(flow.share) { share, links in
      links.remove(number, from: &share.flows)
      links.append(number, to: &share.flows)
    }
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

  // MARK: Places

  /// Which flow has to make room for a new one of this share; nil if there is a free place.
  private func victim(for share: Share) -> Int32? {
    if let number = shareNumbers[share], let own = shares[Int(number)] {
      if own.count >= shareCapacity || (count >= capacity && own.count == largestCount) { return own.flows.first }
    }
    guard count >= capacity else { return nil }
    return shares[Int(sharesByCount[largestCount].first)]?.flows.first
  }

  private mutating func freePlace() -> Int32 {
    // Places that nobody has had come first: nothing late comes for them.
    if flows.count < placeCount {
      flows.append(nil)
      ageLinks.addPlace()
      flowLinks.addPlace()
      return Int32(flows.count - 1)
    }
    let place = freePlaces.first
    ageLinks.remove(place, from: &freePlaces)
    return place
  }

  private mutating func occupy(_ place: Int32, _ key: Key, _ share: Share, _ now: MonotonicInstant) {
    let number = number(of: share)
    flows[Int(place)] = Flow(key: key, share: number, lastUsed: now)
    places[key] = place
    ageLinks.append(place, to: &ages)
    recount(number) { share, links in
      links.append(place, to: &share.flows)
      share.count += 1
    }
  }

  /// Closes the flow at a place, which becomes the last of the free ones.
  private mutating func vacate(_ place: Int32) -> Key {
    guard let flow = flows[Int(place)] else { preconditionFailure("a place without a flow is in no list of flows") }
    flows[Int(place)] = nil
    places[flow.key] = nil
    ageLinks.remove(place, from: &ages)
    ageLinks.append(place, to: &freePlaces)
    recount(flow.share) { share, links in
      links.remove(place, from: &share.flows)
      share.count -= 1
    }
    return flow.key
  }

  // MARK: Shares

  private mutating func number(of share: Share) -> Int32 {
    if let number = shareNumbers[share] { return number }
    let number: Int32
    if freeShares.isEmpty {
      number = Int32(shares.count)
      shares.append(nil)
      shareLinks.addPlace()
    } else {
      number = freeShares.first
      shareLinks.remove(number, from: &freeShares)
    }
    shares[Int(number)] = ShareRecord(share: share)
    shareNumbers[share] = number
    shareLinks.append(number, to: &sharesByCount[0])
    return number
  }

  private mutating func changeShare(_ number: Int32, _ body: (inout ShareRecord, inout PlaceLinks) -> Void) {
    guard var share = shares[Int(number)] else { return }
    body(&share, &flowLinks)
    shares[Int(number)] = share
  }

  /// Changes how many flows a share has, by one, and gives up a share without any.
  private mutating func recount(_ number: Int32, _ body: (inout ShareRecord, inout PlaceLinks) -> Void) {
    guard let before = shares[Int(number)]?.count else { return }
    changeShare(number, body)
    guard let after = shares[Int(number)] else { return }
    shareLinks.remove(number, from: &sharesByCount[before])
    if after.count == 0 {
      shareNumbers[after.share] = nil
      shares[Int(number)] = nil
      shareLinks.append(number, to: &freeShares)
    } else {
      if sharesByCount.count <= after.count { sharesByCount.append(PlaceChain()) }
      shareLinks.append(number, to: &sharesByCount[after.count])
    }
    // A share goes from one number to the next: where the largest number has none left, the one below has this one.
    largestCount = max(largestCount, after.count)
    if sharesByCount[largestCount].isEmpty { largestCount -= 1 }
  }
}
