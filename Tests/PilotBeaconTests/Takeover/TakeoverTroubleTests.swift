import Logging
import PilotTransport
import PilotUDP
import Synchronization
import Testing

@testable import PilotBeacon

/// What is told of those who may not take over, and of a beacon that can't be asked to.
struct TakeoverTroubleTests {
  private static let now = MonotonicInstant.start.advanced(by: .seconds(100))

  @Test func strangersDrawOneLineASecondAndEachCounts() {
    let (lines, totals) = (Lines(), TakeoverTotals())
    let recorder = Recorder(lines: lines)
    let logger = Logger(label: "test") { _ in recorder }
    for milliseconds in [0, 1, 999, 1_000] {
      totals.note(.refused(HandoverFault(-1)), logger, at: Self.now.advanced(by: .milliseconds(milliseconds)))
    }
    #expect(lines.all.count == 2)
    #expect(lines.all.last?.contains(#""left_out": 2"#) == true)
    #expect(totals.failedAttempts == 4)
  }

  @Test func whatIsUsedUpIsToldAndSoIsItsEnd() {
    let (lines, totals) = (Lines(), TakeoverTotals())
    let recorder = Recorder(lines: lines)
    let logger = Logger(label: "test") { _ in recorder }
    totals.note(.began(HandoverFault(-24)), logger, at: Self.now)
    totals.note(.ended, logger, at: Self.now)
    #expect(lines.all.count == 2)
    #expect(lines.all.last?.contains("again") == true)
    #expect(totals.failedAttempts == 1)
  }
}
