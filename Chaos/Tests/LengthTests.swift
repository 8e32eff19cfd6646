import ChaosCore
import Testing

@Suite struct LengthTests {
  @Test(arguments: [("90s", 90), ("5m", 300), ("2h", 7_200)])
  func `a number with its unit is a length of time`(text: String, seconds: Int) {
    #expect(Length(text)?.seconds == seconds)
  }

  @Test(arguments: ["", "s", "5", "0m", "-1s", "5 m", "5d", "99999999999999999999s"])
  func `anything else isn't`(text: String) {
    #expect(Length(text) == nil)
  }
}
