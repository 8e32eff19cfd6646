import PilotWire
import Testing

@testable import PilotBeacon

/// The tokens whose answer has been verified.
struct SpentTokensTests {
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
