internal import PilotWire

/// What the other beacons of a cluster make known, put together: which they are, and at which of them each node is.
///
/// A node that several have is where it has authenticated, last if at several; and where it has authenticated nowhere, it is at the
/// first one, as long as that one has it: who claims to be a node elsewhere takes nothing from where it is.
///
/// In a full table a node that has authenticated takes the place of one that hasn't, at the beacon that has most of those:
/// whoever floods a beacon with invented nodes keeps out others like them. What there was no room for is taken in when there
/// is (``admitLeftOut(buckets:)``).
struct ClusterDirectory: Sendable {
  private struct Claim: Sendable, Equatable {
    let beaconID: UInt32
    var isProven: Bool
  }

  private struct Beacon: Sendable {
    var member: ClusterMember
    var buckets: [Int: PresenceBucket] = [:]
    /// Nodes in them.
    var nodeCount = 0
    /// What hasn't been heard of since all began to be told anew.
    var isUnheard = false
    var unheard: Set<Int> = []
  }

  /// Where the search for nodes without a place goes on: the last of these beacons, in this bucket.
  private struct Search {
    var beacons: [UInt32]
    var bucket = 0
  }

  /// The most beacons.
  static let beaconLimit = 1_024

  private let ownBeaconID: UInt32
  private let capacity: Int
  private var beacons: [UInt32: Beacon] = [:]
  /// Where each node is.
  private var places: [UInt32: Claim] = [:]
  /// Of these nodes, those that have authenticated nowhere, by the beacon that they are at.
  private var unproven: [UInt32: Set<UInt32>] = [:]
  /// The other claims to a node that several beacons have, oldest first.
  private var others: [UInt32: [Claim]] = [:]
  private var changes: [RemoteChange] = []
  /// Whether there are nodes without a place that no search under way is sure to find.
  private var isIncomplete = false
  private var search: Search?
  /// Nodes for which there was no room, or which made room for another one, each time.
  private(set) var leftOut: UInt64 = 0

  /// Beacons beyond the limit, as many again.
  private var strangers: Set<UInt32> = []

  /// Beacons that have made themselves known and that there is no room for; 1,024 of them are told apart.
  var beaconsLeftOut: Int { strangers.count }

  /// - Parameter capacity: The most nodes.
  init(own ownBeaconID: UInt32, capacity: Int) {
    (self.ownBeaconID, self.capacity) = (ownBeaconID, max(1, capacity))
  }

  /// The other beacons that are known, by their numbers.
  var members: [ClusterMember] { beacons.values.map(\.member).sorted { $0.beaconID < $1.beaconID } }

  /// Whether nobody is known.
  var isEmpty: Bool { beacons.isEmpty }

  /// How many nodes they have, each counted once.
  var nodeCount: Int { places.count }

  /// How many nodes one of them has.
  func nodeCount(of beaconID: UInt32) -> Int { beacons[beaconID]?.nodeCount ?? 0 }

  /// What has changed since the last call.
  mutating func takeChanges() -> [RemoteChange] {
    defer { changes = [] }
    return changes
  }

  /// A beacon makes itself known.
  ///
  /// - Returns: Whether the members are others than before.
  mutating func heard(_ member: ClusterMember) -> Bool {
    guard member.beaconID != ownBeaconID else { return false }
    guard let before = beacons[member.beaconID]?.member else {
      guard beacons.count < Self.beaconLimit else {
        if strangers.count < Self.beaconLimit { strangers.insert(member.beaconID) }
        return false
      }
      strangers.remove(member.beaconID)
      beacons[member.beaconID] = Beacon(member: member)
      return true
    }
    beacons[member.beaconID]?.member = member
    beacons[member.beaconID]?.isUnheard = false
    return before != member
  }

  /// Some of the nodes of a beacon that has made itself known; nil if nobody is in that bucket any more.
  mutating func heard(_ nodes: PresenceBucket?, _ bucket: Int, of beaconID: UInt32) {
    guard (0..<PresenceBucket.count).contains(bucket) else { return }
    // No copy of the beacon's outlives this line, or all of its buckets would be copied below.
    guard let before = beacons[beaconID].map({ $0.buckets[bucket] ?? PresenceBucket() }) else { return }
    beacons[beaconID]?.unheard.remove(bucket)
    beacons[beaconID]?.nodeCount += (nodes?.count ?? 0) - before.count
    beacons[beaconID]?.buckets[bucket] = nodes.flatMap { $0.isEmpty ? nil : $0 }
    let difference = (nodes ?? PresenceBucket()).changes(since: before)
    for node in difference.gone { unclaim(node, by: beaconID) }
    for (node, isProven) in difference.come { claim(node, Claim(beaconID: beaconID, isProven: isProven)) }
  }

  /// A beacon isn't known any more, nor are its nodes.
  ///
  /// - Returns: Whether it was.
  mutating func gone(_ beaconID: UInt32) -> Bool {
    strangers.remove(beaconID)
    guard let beacon = beacons.removeValue(forKey: beaconID) else { return false }
    for bucket in beacon.buckets.values { bucket.forEach { node, _ in unclaim(node, by: beaconID) } }
    return true
  }

  /// All is told anew: what isn't among it is gone at ``endSurvey()``.
  mutating func beginSurvey() {
    strangers = []
    beacons = beacons.mapValues { beacon in
      var beacon = beacon
      beacon.isUnheard = true
      beacon.unheard = Set(beacon.buckets.keys)
      return beacon
    }
  }

  /// All has been told.
  ///
  /// - Returns: Whether the members are others than before.
  mutating func endSurvey() -> Bool {
    var isChange = false
    for (beaconID, beacon) in beacons {
      for bucket in beacon.unheard { heard(nil, bucket, of: beaconID) }
      if beacon.isUnheard, gone(beaconID) { isChange = true }
    }
    return isChange
  }

  private mutating func claim(_ node: NodeID, _ claim: Claim) {
    guard let known = places[node.rawValue] else {
      guard places.count < capacity || claim.isProven && makeRoom() else { return leaveOut() }
      return settle(node, claim)
    }
    if known.beaconID == claim.beaconID {
      // It has proven itself there, or has lost that.
      guard !claim.isProven else { return settle(node, claim) }
      return elect(node, among: [claim] + (others[node.rawValue] ?? []))
    }
    var rest = (others[node.rawValue] ?? []).filter { $0.beaconID != claim.beaconID }
    if claim.isProven {
      rest.append(known)
      settle(node, claim)
    } else {
      rest.append(claim)
    }
    others[node.rawValue] = rest
  }

  private mutating func unclaim(_ node: NodeID, by beaconID: UInt32) {
    let rest = (others[node.rawValue] ?? []).filter { $0.beaconID != beaconID }
    guard places[node.rawValue]?.beaconID == beaconID else {
      others[node.rawValue] = rest.isEmpty ? nil : rest
      return
    }
    elect(node, among: rest)
  }

  /// Of several claims, one where the node has authenticated, the newest one; or else the oldest.
  private mutating func elect(_ node: NodeID, among claims: [Claim]) {
    let index = claims.lastIndex { $0.isProven } ?? claims.indices.first
    guard let index else {
      return displace(node)
    }
    var rest = claims
    let elected = rest.remove(at: index)
    others[node.rawValue] = rest.isEmpty ? nil : rest
    settle(node, elected)
  }

  private mutating func settle(_ node: NodeID, _ claim: Claim) {
    guard places[node.rawValue] != claim else { return }
    vacate(node)
    places[node.rawValue] = claim
    if !claim.isProven { unproven[claim.beaconID, default: []].insert(node.rawValue) }
    changes.append(RemoteChange(node, at: claim.beaconID, isProven: claim.isProven))
  }

  private mutating func vacate(_ node: NodeID) {
    guard let claim = places.removeValue(forKey: node.rawValue), !claim.isProven else { return }
    unproven[claim.beaconID]?.remove(node.rawValue)
    if unproven[claim.beaconID]?.isEmpty == true { unproven[claim.beaconID] = nil }
  }

  /// A node is nowhere any more.
  private mutating func displace(_ node: NodeID) {
    vacate(node)
    others[node.rawValue] = nil
    changes.append(RemoteChange(node, at: nil))
  }

  private mutating func leaveOut() {
    leftOut &+= 1
    isIncomplete = true
  }

  /// Gives up a node that has authenticated nowhere, of the beacon that has most of them.
  ///
  /// - Returns: Whether there was one.
  private mutating func makeRoom() -> Bool {
    let most = unproven.values.max { $0.count < $1.count }
    guard let node = most?.first.flatMap({ NodeID($0) }) else { return false }
    displace(node)
    leaveOut()
    return true
  }

  /// Looks for nodes that there was no room for, and takes them in as long as there is. To be called regularly.
  ///
  /// - Parameter limit: How many buckets are looked at, at most.
  mutating func admitLeftOut(buckets limit: Int) {
    for _ in 0..<limit {
      guard isIncomplete || search != nil, places.count < capacity else { return }
      if search == nil {
        search = Search(beacons: beacons.keys.sorted())
        isIncomplete = false
      }
      guard let beaconID = search?.beacons.last, let bucket = search?.bucket else {
        search = nil
        continue
      }
      guard admit(bucket, of: beaconID) else { return }
      search?.bucket += 1
      guard bucket + 1 == PresenceBucket.count else { continue }
      search?.beacons.removeLast()
      search?.bucket = 0
    }
  }

  /// - Returns: Whether there was room for all of them.
  private mutating func admit(_ bucket: Int, of beaconID: UInt32) -> Bool {
    guard let nodes = beacons[beaconID]?.buckets[bucket] else { return true }
    var isRoom = true
    nodes.forEach { node, isProven in
      guard !isClaimed(node, by: beaconID) else { return }
      guard places[node.rawValue] != nil || places.count < capacity else { return isRoom = false }
      claim(node, Claim(beaconID: beaconID, isProven: isProven))
    }
    return isRoom
  }

  private func isClaimed(_ node: NodeID, by beaconID: UInt32) -> Bool {
    places[node.rawValue]?.beaconID == beaconID || others[node.rawValue]?.contains { $0.beaconID == beaconID } == true
  }
}
