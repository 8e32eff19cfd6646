import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// So many a second, in memory of a fixed size.
struct RateLimitTests {
  private let second: UInt64 = 1_000_000_000

  @Test func aBurstThenThePaceAndNoCreditBeyondTheBurst() {
    var limit = RateLimit(perSecond: 10, burst: 3)
    var times: [UInt64] = []
    for step in 0..<400 as Range<UInt64> {
      let now = 5 * second + step * 10_000_000
      if limit.admits(at: now) { times.append(step * 10) }
    }
    #expect(times.prefix(5) == [0, 10, 20, 100, 200])
    #expect(times.count == 42)
    var rested = limit
    var burst = 0
    while rested.admits(at: 1_000 * second) { burst += 1 }
    #expect(burst == 3)
  }

  @Test func severalEventsAtOnceAreAllOrNone() {
    var limit = RateLimit(perSecond: 10, burst: 5)
    expect(limit.admits(6, at: 5 * second), false)
    expect(limit.admits(3, at: 5 * second), true)
    expect(limit.admits(3, at: 5 * second), false)
    expect(limit.admits(2, at: 5 * second), true)
    expect(limit.admits(1, at: 5 * second), false)
    expect(limit.admits(4, at: 5 * second + 399_999_999), false)
    expect(limit.admits(4, at: 5 * second + 400_000_000), true)
    expect(limit.admits(.max, at: .max), false)
  }

  @Test func sourcesAreCountedByThemselves() {
    var limit = SourceRateLimit(perSecond: 1, burst: 1, sets: 64)
    let hash = KeyedHash(seed: 1)
    for round in 0..<3 as Range<UInt64> {
      for source in 0..<50 as Range<UInt32> {
        expect(limit.admits(hash(source), at: (round + 1) * second), true)
        expect(limit.admits(hash(source), at: (round + 1) * second), false)
      }
    }
  }

  @Test func aFloodOfSourcesHoldsUpNoNewcomer() {
    var limit = SourceRateLimit(perSecond: 1, burst: 1, sets: 16)
    let hash = KeyedHash(seed: 1)
    for source in 0..<10_000 as Range<UInt32> { expect(limit.admits(hash(source), at: second), true) }
    expect(limit.admits(hash(99_999), at: second), true)
  }

  @Test func theAddressesOfOneIPv6SiteAreOneSourceAndThoseOfIPv4AreNot() {
    let hash = KeyedHash(seed: 1)
    let (site, other) = (UInt64(0x2001_0DB8 << 32), UInt64(0x2001_0DB8 << 32 | 1))
    let source = hash(addressOf: Endpoint(high: site, low: 1, port: 1))
    #expect(hash(addressOf: Endpoint(high: site, low: .max, scope: 2, port: 3)) == source)
    #expect(hash(addressOf: Endpoint(high: other, low: 1, port: 1)) != source)
    #expect(hash(addressOf: .test(1)) == hash(addressOf: .test(1, port: 1)))
    #expect(hash(addressOf: .test(1)) != hash(addressOf: .test(2)))
  }

  @Test func timeThatStandsStillOrGoesBackIsNoTrap() {
    var limit = RateLimit(perSecond: .max, burst: .max)
    expect(limit.admits(at: .max), true)
    var slow = SourceRateLimit(perSecond: 0, burst: 0, sets: 0)
    expect(slow.admits(7, at: .max), true)
    expect(slow.admits(7, at: 0), false)
  }

  @Test func aTokenIsSpentOnceAndASetKeepsTheLastFour() {
    var spent = SpentTokens()
    func token(_ low: UInt64) -> ChallengeToken { ChallengeToken(high: 5, low: low) }
    for low in 1...5 as ClosedRange<UInt64> {
      #expect(!spent.contains(token(low)))
      spent.insert(token(low))
      #expect(spent.contains(token(low)))
    }
    #expect(!spent.contains(token(1)))
    #expect(spent.contains(token(2)))
    #expect(!spent.contains(ChallengeToken(high: 6, low: 2)))
  }
}
