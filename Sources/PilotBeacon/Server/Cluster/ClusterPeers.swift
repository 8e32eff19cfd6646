import Crypto
import PilotTransport
import PilotWire
import Synchronization

/// The other beacons of the cluster, and the keys for what is passed on to them and comes from them. From any thread.
final class ClusterPeers: Sendable {
  /// The most other beacons: beyond them none is known.
  static let limit = 255

  /// Another beacon and where it is.
  struct Destination: Sendable {
    let peer: ClusterPeer
    let endpoint: Endpoint
  }

  /// What a thread looks others up in.
  struct Table: Sendable {
    var version: UInt64 = 0
    var destinations: [UInt32: Destination] = [:]
  }

  private struct State {
    var table = Table()
    /// Those that went last, oldest first: who comes back with the same keys has its counters looked up as before.
    var gone: [ClusterPeer] = []
  }

  /// This beacon.
  let own: ClusterIdentity
  private let secret: ClusterSecret
  private let state = Mutex(State())
  private let published = Atomic<UInt64>(0)
  private let lanes = Atomic<UInt32>(0)

  init(_ own: ClusterIdentity, secret: ClusterSecret) {
    (self.own, self.secret) = (own, secret)
  }

  /// Changes with the table.
  var version: UInt64 { published.load(ordering: .acquiring) }

  var table: Table { state.withLock { $0.table } }

  /// A lane for one more thread. There are as many as threads that relay; nil beyond 65,535.
  func makeLane() -> ClusterLane? {
    UInt16(exactly: lanes.wrappingAdd(1, ordering: .relaxed).newValue).map { ClusterLane($0, of: self) }
  }

  /// These are the other beacons now. What is known of one that goes on, or comes back, is kept, its counters above all.
  ///
  /// - Returns: How many there was no room for.
  @discardableResult
  func place(_ members: some Collection<ClusterMember>) -> Int {
    state.withLock { state in
      let known = state.table.destinations.values.map(\.peer) + state.gone
      var destinations: [UInt32: Destination] = [:]
      let others = members.filter { $0.beaconID != own.beaconID }
      for member in others.prefix(Self.limit) {
        let identity = ClusterIdentity(member)
        let peer = known.first { $0.identity == identity } ?? ClusterPeer(identity, of: own, secret)
        if let peer { destinations[member.beaconID] = Destination(peer: peer, endpoint: member.endpoint) }
      }
      state.gone = known.filter { destinations[$0.identity.beaconID]?.peer !== $0 }.suffix(Self.limit)
      state.table.version &+= 1
      state.table.destinations = destinations
      published.store(state.table.version, ordering: .releasing)
      return others.count - destinations.count
    }
  }
}

/// What is kept of another beacon, from one of its starts to the next.
final class ClusterPeer: Sendable {
  /// The most lanes of a peer whose counters are remembered.
  static let laneLimit = 1_024

  let identity: ClusterIdentity
  /// What tells the key of frames to it.
  let outgoingSession: UInt32
  let outgoing: RelaySeal
  /// What tells the key of frames from it.
  let incomingSession: UInt32
  let incoming: RelaySeal
  private let windows = Mutex<[UInt16: ReplayWindow]>([:])

  init?(_ identity: ClusterIdentity, of own: ClusterIdentity, _ secret: ClusterSecret) {
    let (there, here) = (secret.key(from: own, to: identity), secret.key(from: identity, to: own))
    guard let outgoing = RelaySeal(key: there.key), let incoming = RelaySeal(key: here.key) else { return nil }
    self.identity = identity
    (self.outgoing, outgoingSession) = (outgoing, there.session)
    (self.incoming, incomingSession) = (incoming, here.session)
  }

  /// Whether a frame with this counter may still come.
  func admits(_ counter: UInt64) -> Bool {
    windows.withLock { ($0[Self.lane(counter)] ?? ReplayWindow()).admits(Self.place(counter)) }
  }

  /// A frame with this counter has come, and its tag is right.
  ///
  /// - Returns: Whether it is the first one.
  func record(_ counter: UInt64) -> Bool {
    windows.withLock { windows in
      let lane = Self.lane(counter)
      guard windows[lane] != nil || windows.count < Self.laneLimit else { return false }
      guard windows[lane, default: ReplayWindow()].admits(Self.place(counter)) else { return false }
      windows[lane, default: ReplayWindow()].record(Self.place(counter))
      return true
    }
  }

  private static func lane(_ counter: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: counter >> 48) }
  private static func place(_ counter: UInt64) -> UInt64 { counter & ClusterLane.lastCounter }
}
