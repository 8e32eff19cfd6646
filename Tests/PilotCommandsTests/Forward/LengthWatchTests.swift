import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("datagrams that are too long")
struct LengthWatchTests {
  private static func at(_ seconds: Int) -> MonotonicInstant { .start.advanced(by: .seconds(seconds)) }

  @Test("are told at once, for each peer, and then once a minute")
  func pace() throws {
    var watch = LengthWatch(patience: .zero)
    let (seven, nine) = (try #require(NodeID(7)), try #require(NodeID(9)))
    let first = watch.refused(1_300, for: seven, at: Self.at(0))
    let other = watch.refused(1_400, for: nine, at: Self.at(1))
    #expect(first == 1_300 && other == 1_400)
    for second in 1..<60 {
      let again = watch.refused(1_300, for: seven, at: Self.at(second))
      #expect(again == nil)
    }
    let later = watch.refused(1_350, for: seven, at: Self.at(60))
    #expect(later == 1_350)
  }

  @Test("are told when they still are after the time that it takes to agree upon fragments")
  func agreement() throws {
    var watch = LengthWatch(patience: LengthWatch.agreement)
    let seven = try #require(NodeID(7))
    for (second, expected) in [(0, nil), (1, nil), (100, nil), (102, nil), (103, 1_300)] {
      let told = watch.refused(1_300, for: seven, at: Self.at(second))
      #expect(told == expected)
    }
  }

  @Test("the longest since the last look is what a tally tells")
  func tally() {
    let tally = PeerTally()
    #expect(tally.takeLongest() == nil)
    for length in [1_200, 1_400, 1_300] { tally.refuse(length: length) }
    #expect(tally.takeLongest() == 1_400 && tally.takeLongest() == nil)
  }
}
