import Crypto
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What one beacon of a cluster seals for another: who opens it, how often, and what a stranger costs.
@Suite("Frames between beacons of a cluster")
struct ClusterLaneTests {
  private static let secret = Array("a secret of thirty-two characters".utf8)
  private static let here = Endpoint.test(1, port: 9_001)
  private static let there = Endpoint.test(2, port: 9_001)

  /// A beacon, and the lane of its one thread.
  private struct Beacon {
    let member: ClusterMember
    let peers: ClusterPeers
    let lane: ClusterLane

    init(_ beaconID: UInt32, epoch: UInt64 = 7, at endpoint: Endpoint, secret: [UInt8] = ClusterLaneTests.secret) throws
    {
      member = try #require(ClusterMember(beaconID: beaconID, epoch: epoch, endpoint: endpoint))
      peers = ClusterPeers(ClusterIdentity(member), secret: try ClusterSecret(secret))
      lane = try #require(peers.makeLane())
    }

    /// A datagram that takes a Relay to another beacon; nil if that isn't known.
    func sealed(_ relay: [UInt8] = ClusterLaneTests.relay, for beaconID: UInt32, by lane: ClusterLane? = nil)
      -> [UInt8]?
    {
      var frame: [UInt8]?
      let isKnown = (lane ?? self.lane).seal(relay.span.raw, to: beaconID) { length, _, write in
        frame = [UInt8](rawCapacity: length, initializingWith: write)
      }
      return isKnown ? frame : nil
    }

    func verdict(
      _ frame: [UInt8], from source: Endpoint = ClusterLaneTests.here, at now: MonotonicInstant = .start
    ) -> ClusterLane.Verdict {
      lane.verdict(on: frame.span.raw, from: source, at: now)
    }
  }

  static let relay = Relay.encoded(sender: .test(7), destination: .test(9), payload: [1, 2, 3])

  /// Two beacons that know each other.
  private static func pair() throws -> (Beacon, Beacon) {
    let (one, other) = (try Beacon(1, at: here), try Beacon(2, at: there))
    one.peers.place([one.member, other.member])
    other.peers.place([one.member, other.member])
    return (one, other)
  }

  @Test("Keys and tags are those of the wire reference", arguments: ClusterVectors.all)
  func vectors(_ vector: ClusterVectors.Passed) throws {
    let secret = try ClusterSecret([UInt8](vector: vector.secret))
    let (key, session) = secret.key(from: vector.sender, to: vector.destination)
    #expect(session == vector.session)
    let frame = try [UInt8](vector: vector.hex)
    let message = try ClusterRelay(parsing: frame.span.raw)
    let (relay, counter) = (try [UInt8](vector: vector.relay), message.counter)
    for tag in [
      RelaySeal(key: key)?.tag(of: relay.span.raw, counter: counter),
      LibraryRelaySeal(key: key)?.tag(of: relay.span.raw, counter: counter),
    ] { #expect(tag?.hex == vector.tag) }
    let seal = try #require(RelaySeal(key: key))
    let holds = (seal.verifies(message), LibraryRelaySeal(key: key)?.verifies(message))
    #expect(holds == (true, true))
  }

  @Test("There are vectors") func vectorsAreThere() { #expect(ClusterVectors.all.count == 4) }

  @Test("Both seals agree on every length", arguments: [9, 16, 31, 1_200, 1_209, 65_000])
  func lengths(_ length: Int) throws {
    let key = SymmetricKey(size: .bits256)
    let relay = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let (seal, library) = (try #require(RelaySeal(key: key)), try #require(LibraryRelaySeal(key: key)))
    for counter in [1, 1 << 32, UInt64.max] {
      let tags = (seal.tag(of: relay.span.raw, counter: counter), library.tag(of: relay.span.raw, counter: counter))
      #expect(tags.0 == tags.1)
      let tag = try #require(tags.0)
      let frame = ClusterRelay(beaconID: 1, session: 2, counter: counter, tag: tag, relay: relay.span.raw).encoded()
      let message = try ClusterRelay(parsing: frame.span.raw)
      let holds = seal.verifies(message)
      #expect(holds)
    }
  }

  @Test("What one seals the other one opens, once")
  func onceOnly() throws {
    let (one, other) = try Self.pair()
    let frames = try (0..<300).map { _ in try #require(one.sealed(for: 2)) }
    let first = frames[0]
    let relay = try ClusterRelay(parsing: first.span.raw).relay.copied()
    #expect(relay == Self.relay)
    for frame in frames.reversed().prefix(256) { #expect(other.verdict(frame) == .passed(by: 1)) }
    for frame in frames { #expect(other.verdict(frame) == .refused(.replayedRelay)) }
    // And the other way, whose keys are others.
    let back = try #require(other.sealed(for: 1))
    #expect(one.verdict(back) == .passed(by: 2))
    #expect(other.verdict(back) == .refused(.notABeacon))
  }

  @Test("Each bit counts")
  func bits() throws {
    let (one, other) = try Self.pair()
    let frame = try #require(one.sealed(for: 2))
    for bit in 8..<frame.count * 8 {
      var flipped = frame
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      // Beacon and session tell which key, and without that there is none.
      let isKeyless = bit < 9 * 8
      let isCountedZero = flipped[11..<17].allSatisfy { $0 == 0 }
      let reason: RouterDropReason = isKeyless ? .notABeacon : isCountedZero ? .replayedRelay : .forgedRelay
      #expect(other.verdict(flipped, from: Self.here) == .refused(reason), "bit \(bit)")
    }
    for length in 0..<42 { #expect(other.verdict(Array(frame.prefix(length))) == .refused(.truncated)) }
    #expect(other.verdict(frame + [0]) == .refused(.forgedRelay))
    // What was forged has moved nothing.
    #expect(other.verdict(frame) == .passed(by: 1))
  }

  @Test("Another beacon, another secret and another start of either have other keys")
  func keys() throws {
    let (one, other) = try Self.pair()
    let frame = try #require(one.sealed(for: 2))
    for stranger in [
      try Beacon(3, at: Self.there), try Beacon(2, at: Self.there, secret: Self.secret.reversed()),
      try Beacon(2, epoch: 8, at: Self.there),
    ] {
      stranger.peers.place([one.member])
      #expect(stranger.verdict(frame) == .refused(.notABeacon))
    }
    let again = try Beacon(1, epoch: 8, at: Self.here)
    other.peers.place([again.member])
    #expect(other.verdict(frame) == .refused(.notABeacon))
    #expect(one.sealed(for: 3) == nil)
    other.peers.place([])
    #expect(other.verdict(frame) == .refused(.notABeacon))
  }

  @Test("Lanes count on their own")
  func lanes() throws {
    let (one, other) = try Self.pair()
    let second = try #require(one.peers.makeLane())
    let early = try (0..<300).map { _ in try #require(one.sealed(for: 2)) }
    let late = try (0..<300).map { _ in try #require(one.sealed(for: 2, by: second)) }
    for frame in late + early { #expect(other.verdict(frame) == .passed(by: 1)) }
  }

  @Test("A beacon that comes back with the same keys sees no counter twice, and opens none twice")
  func comingBack() throws {
    let (one, other) = try Self.pair()
    let frame = try #require(one.sealed(for: 2))
    _ = one.sealed(for: 2)
    #expect(other.verdict(frame) == .passed(by: 1))
    one.peers.place([])
    #expect(one.sealed(for: 2) == nil)
    one.peers.place([other.member])
    other.peers.place([])
    other.peers.place([one.member])
    #expect(other.verdict(frame) == .refused(.replayedRelay))
    let later = try #require(one.sealed(for: 2))
    #expect(other.verdict(later) == .passed(by: 1))
    let counters = try [frame, later].map { frame in
      try ClusterRelay(parsing: frame.span.raw).counter & ClusterLane.lastCounter
    }
    #expect(counters == [1, 3])
  }

  @Test("A beacon that moves is sent to where it is, with its keys")
  func moving() throws {
    let (one, other) = try Self.pair()
    let moved = try #require(ClusterMember(beaconID: 2, epoch: 7, endpoint: .test(3)))
    one.peers.place([moved])
    var endpoints: [Endpoint] = []
    var frames: [[UInt8]] = []
    let isKnown = one.lane.seal(Self.relay.span.raw, to: 2) { length, endpoint, write in
      endpoints.append(endpoint)
      frames.append([UInt8](rawCapacity: length, initializingWith: write))
    }
    #expect(isKnown)
    #expect(endpoints == [.test(3)])
    #expect(other.verdict(try #require(frames.first)) == .passed(by: 1))
  }

  @Test("A stranger who knows a session gets so many tags a second and takes none from the beacon")
  func strangers() throws {
    let (one, other) = try Self.pair()
    var forged = try #require(one.sealed(for: 2))
    forged[20] ^= 1
    for _ in 0..<ClusterLane.strangersPerSecond {
      #expect(other.verdict(forged, from: .test(66)) == .refused(.forgedRelay))
    }
    #expect(other.verdict(forged, from: .test(66)) == .refused(.rateLimited))
    // Without the session he isn't even counted.
    forged[5] ^= 1
    #expect(other.verdict(forged, from: .test(66)) == .refused(.notABeacon))
    // In its own name he costs it nothing either.
    forged[5] ^= 1
    for _ in 0...ClusterLane.strangersPerSecond { #expect(other.verdict(forged) == .refused(.forgedRelay)) }
    for _ in 0...ClusterLane.strangersPerSecond {
      #expect(other.verdict(try #require(one.sealed(for: 2))) == .passed(by: 1))
    }
  }

  @Test("More beacons than there is room for are left out and told")
  func limit() throws {
    let one = try Beacon(1, at: Self.here)
    let members = try (2...300).map { try #require(ClusterMember(beaconID: $0, epoch: 1, endpoint: Self.there)) }
    #expect(one.peers.place(members) == 299 - ClusterPeers.limit)
    #expect(one.peers.table.destinations.count == ClusterPeers.limit)
    #expect(ClusterMember(beaconID: 0, epoch: 1, endpoint: Self.there) == nil)
    #expect(ClusterMember(beaconID: 1, epoch: 1, endpoint: .test(1, port: 0)) == nil)
  }
}
