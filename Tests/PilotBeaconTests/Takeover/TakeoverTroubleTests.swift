import Logging
import PilotTransport
import PilotUDP
import Synchronization
import Testing

@testable import PilotBeacon

/// What is told of those who may not take over, and of a beacon that can't be asked to.
struct TakeoverTroubleTests {
  /// What was written to the log.
  private final class Lines: Sendable {
    let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
  }

  private struct Recorder: LogHandler {
    let lines: Lines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      lines.texts.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
  }

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
