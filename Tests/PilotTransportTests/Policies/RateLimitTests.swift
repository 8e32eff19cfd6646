import PilotTransport
import Testing

/// So many a second, in memory of a fixed size.
struct RateLimitTests {
  private let second: UInt64 = 1_000_000_000

  /// A source's hash: far from those of its neighbours.
  private func hash(_ source: UInt64) -> UInt64 { source &* 0x9E37_79B9_7F4A_7C15 }

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
    let atOnce = [6, 3, 3, 2, 1].map { limit.admits($0, at: 5 * second) }
    #expect(atOnce == [false, true, false, true, false])
    let later = [399_999_999, 400_000_000].map { limit.admits(4, at: 5 * second + $0) }
    #expect(later == [false, true])
    let tooMany = limit.admits(.max, at: .max)
    #expect(!tooMany)
  }

  @Test func sourcesAreCountedByThemselves() {
    var limit = SourceRateLimit(perSecond: 1, burst: 1, sets: 64)
    for round in 1...3 as ClosedRange<UInt64> {
      for source in 0..<50 as Range<UInt64> {
        let twice = (0..<2).map { _ in limit.admits(hash(source), at: round * second) }
        #expect(twice == [true, false])
      }
    }
  }

  @Test func aFloodOfSourcesHoldsUpNoNewcomer() {
    var limit = SourceRateLimit(perSecond: 1, burst: 1, sets: 16)
    let heldUp = (0...10_000 as ClosedRange<UInt64>).filter { !limit.admits(hash($0), at: second) }
    #expect(heldUp == [])
  }

  @Test func timeThatStandsStillOrGoesBackIsNoTrap() {
    var limit = RateLimit(perSecond: .max, burst: .max)
    let atTheEnd = limit.admits(at: .max)
    #expect(atTheEnd)
    var slow = SourceRateLimit(perSecond: 0, burst: 0, sets: 0)
    let back = [.max, 0].map { slow.admits(7, at: $0) }
    #expect(back == [true, false])
  }
}
