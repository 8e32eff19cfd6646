import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Who gets the places of lookups that wait, and what strangers can do about it.
@Suite("Places of lookups that wait")
struct LookupPlacesTests {
  /// What a registry that never answers is asked for.
  private struct Stall {
    private let capacity: Int
    private var places: LookupPlaces
    private var number: UInt32 = 0
    /// Who has begun the lookups that are under way.
    private(set) var holders: [NodeID: Endpoint] = [:]
    private(set) var refused = 0

    init(capacity: Int = 64) {
      self.capacity = capacity
      places = LookupPlaces(capacity: capacity)
    }

    /// Somebody names a node that nobody has named before.
    /// - Returns: Whose lookup is given up for that.
    @discardableResult mutating func ask(_ remote: Endpoint) throws -> Endpoint? {
      number += 1
      let node = try #require(NodeID(number))
      switch places.take(for: node, by: LookupAsker(remote)) {
      case .free:
        #expect(holders.count < capacity)
      case .takenFrom(let other):
        #expect(holders.count == capacity)
        holders[node] = remote
        let loser = holders.removeValue(forKey: other)
        #expect(loser != nil, "nobody has begun it")
        return loser
      case .none:
        refused += 1
        return nil
      }
      holders[node] = remote
      return nil
    }

    func held(by isTheirs: (Endpoint) -> Bool) -> Int { holders.values.count { isTheirs($0) } }
  }

  private static let stranger = Endpoint(ipv4: 198, 51, 100, 1, port: 1)

  private func honest(_ number: Int) -> Endpoint {
    Endpoint(ipv4: 203, 0, UInt8(number >> 8), UInt8(number & 0xFF), port: 9)
  }

  /// 2001:db8:N:SITE::1.
  private func sixth(_ network: UInt64, site: UInt64) -> Endpoint {
    Endpoint(high: 0x2001_0DB8_0000_0000 | network << 16 | site, low: 1, port: 9)
  }

  @Test func `one address holds all places while nobody else wants one, and none that others want`() throws {
    var stall = Stall()
    for _ in 0..<1_000 { try stall.ask(Self.stranger) }
    #expect(stall.held { $0 == Self.stranger } == 64)
    for number in 0..<63 {
      #expect(try stall.ask(honest(number)) == Self.stranger)
      for _ in 0..<20 { #expect(try stall.ask(Self.stranger) == Self.stranger) }
    }
    #expect(stall.held { $0 == Self.stranger } == 1)
    #expect(stall.refused == 0)
  }

  @Test func `the 65,536 sites of one IPv6 /48 hold no place that others want`() throws {
    var stall = Stall()
    let isTheirs = { (remote: Endpoint) in remote.high >> 16 == 0x2001_0DB8_0001 }
    for site in stride(from: 0, to: 65_536, by: 61) { try stall.ask(sixth(1, site: UInt64(site))) }
    #expect(stall.held(by: isTheirs) == 64)
    for number in 0..<63 {
      let other = number.isMultiple(of: 2) ? honest(number) : sixth(UInt64(2 + number), site: 0)
      #expect(try stall.ask(other).map(isTheirs) == true)
      for step in 0..<20 as Range<UInt64> {
        let site = (UInt64(number) * 20 + step) * 52
        #expect(try stall.ask(sixth(1, site: site)).map(isTheirs) == true)
      }
    }
    #expect(stall.held(by: isTheirs) == 1)
    #expect(stall.refused == 0)
  }

  @Test func `within a /48, whoever has one site gets in beside whoever holds most`() throws {
    var stall = Stall()
    for _ in 0..<100 { try stall.ask(sixth(1, site: 1)) }
    try stall.ask(sixth(1, site: 2))
    for _ in 0..<100 { try stall.ask(sixth(1, site: 1)) }
    #expect(stall.held { $0.high & 0xFFFF == 2 } == 1)
    for _ in 0..<100 { try stall.ask(sixth(1, site: 2)) }
    #expect(abs(stall.held { $0.high & 0xFFFF == 1 } - 32) <= 1)
  }

  @Test func `of any number of networks that want places, each is sure of its share`() throws {
    for networks in [2, 3, 10, 16, 40, 64] {
      var (stall, random) = (Stall(), SeededRandom(seed: UInt64(networks)))
      let share = 64 / networks
      for step in 0..<600 {
        // The last one asks as often as all others together.
        let number = Bool.random(using: &random) ? networks - 1 : Int.random(in: 0..<networks, using: &random)
        guard let loser = try stall.ask(honest(number)) else { continue }
        #expect(stall.held { $0 == loser } >= share, "\(networks) networks, step \(step)")
      }
      for _ in 0..<share {
        for number in 0..<networks { try stall.ask(honest(number)) }
      }
      #expect(stall.refused == 0)
      for number in 0..<networks { #expect(stall.held { $0 == honest(number) } >= share, "\(networks), \(number)") }
    }
  }

  @Test func `beyond 64 networks that hold one each, the one that has waited longest goes`() throws {
    var stall = Stall()
    for number in 0..<64 { #expect(try stall.ask(honest(number)) == nil) }
    for number in 64..<300 { #expect(try stall.ask(honest(number)) == honest(number - 64)) }
    // Whoever has one already gives up his own.
    #expect(try stall.ask(honest(299)) == honest(299))
  }

  @Test func `a node that somebody else wants as well counts for whoever holds least`() throws {
    var places = LookupPlaces(capacity: 3)
    let nodes = try (1...6).map { try #require(NodeID($0)) }
    let (stranger, victim) = (LookupAsker(Self.stranger), LookupAsker(honest(1)))
    // The stranger names the victim's node first.
    for node in nodes.prefix(3) { #expect(places.take(for: node, by: stranger) == .free) }
    places.join(nodes[0], by: victim)
    #expect(places.take(for: nodes[3], by: stranger) == .takenFrom(nodes[1]))
    #expect(places.take(for: nodes[4], by: stranger) == .takenFrom(nodes[2]))
    #expect(places.take(for: nodes[5], by: LookupAsker(honest(2))) == .takenFrom(nodes[3]))
  }

  @Test func `a lookup that has ended leaves its place, and the program's own take none from anybody`() throws {
    var places = LookupPlaces(capacity: 2)
    let nodes = try (1...5).map { try #require(NodeID($0)) }
    #expect(places.take(for: nodes[0], by: nil) == .free)
    #expect(places.take(for: nodes[1], by: LookupAsker(Self.stranger)) == .free)
    #expect(places.take(for: nodes[2], by: nil) == .none)
    #expect(places.take(for: nodes[2], by: LookupAsker(honest(1))) == .takenFrom(nodes[1]))
    places.end(nodes[2])
    #expect(places.take(for: nodes[3], by: nil) == .free)
    #expect(places.take(for: nodes[4], by: LookupAsker(honest(1))) == .takenFrom(nodes[0]))
    var none = LookupPlaces(capacity: 0)
    #expect(none.take(for: nodes[0], by: LookupAsker(honest(1))) == .none)
  }
}
