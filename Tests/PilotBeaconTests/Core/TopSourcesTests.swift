import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Whose frames were dropped most.
struct TopSourcesTests {
  @Test func nothingDroppedIsNothingToSay() {
    var sources = TopSources(hash: KeyedHash(seed: 1))
    expect(sources.take(5), nil)
    sources.count(SourceKey(Endpoint.test(1)))
    expect(sources.take(5), SourceDrops(total: 1, top: [.init(source: SourceKey(Endpoint.test(1)), drops: 1)]))
    expect(sources.take(5), nil)
  }

  @Test func theGreatestOfManyAreFoundAndNeverOverstated() throws {
    var random = SeededRandom(seed: 5)
    var sources = TopSources(hash: KeyedHash(seed: 1))
    var model: [SourceKey: UInt64] = [:]
    for _ in 0..<200_000 {
      // Three floods, and strangers who come once.
      let number: UInt32 =
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: 1
        case 3, 4: 2
        case 5: 3
        default: UInt32.random(in: 1_000...UInt32.max, using: &random)
        }
      let source = SourceKey(Endpoint.test(number))
      model[source, default: 0] += 1
      sources.count(source)
    }
    let taken = sources.take(5)
    let drops = try #require(taken)
    #expect(drops.total == 200_000)
    #expect(drops.top.prefix(3).map(\.source) == (1...3).map { SourceKey(Endpoint.test($0)) })
    for share in drops.top {
      let dropped = model[share.source, default: 0]
      #expect(share.drops <= dropped)
      #expect(share.drops + 200_000 / UInt64(TopSources.capacity) >= dropped)
    }
  }

  @Test func noMoreAreToldThanAskedForAndNoneThatMightBeNoise() throws {
    var sources = TopSources(hash: KeyedHash(seed: 1))
    for _ in 0..<50 {
      for number in 1...20 as ClosedRange<UInt32> { sources.count(SourceKey(Endpoint.test(number))) }
    }
    let taken = sources.take(5)
    let drops = try #require(taken)
    #expect(drops.top.count == 5)
    for number in 1...100_000 as ClosedRange<UInt32> { sources.count(SourceKey(Endpoint.test(number))) }
    let noise = sources.take(5)
    #expect(noise?.top == [])
  }
}
