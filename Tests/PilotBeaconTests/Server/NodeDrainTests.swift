import PilotTransport
import Testing

@testable import PilotBeacon

/// When the nodes over UDP of a beacon that drains are told, and when it ends.
@Suite struct NodeDrainTests {
  private let begin = MonotonicInstant.start.advanced(by: .seconds(100))
  private var drain: NodeDrain { NodeDrain(from: begin, to: after(20)) }

  private func after(_ seconds: Int) -> MonotonicInstant { begin.advanced(by: .seconds(seconds)) }

  @Test func withoutConnectionsItEndsAfterAQuarter() {
    var drain = drain
    #expect(drain.tick(at: begin, isAlone: true) == after(5))
  }

  @Test func itEndsAQuarterAfterTheLastConnection() {
    var drain = drain
    #expect(drain.tick(at: after(7), isAlone: false) == nil)
    #expect(drain.tick(at: after(8), isAlone: true) == after(13))
  }

  @Test func connectionsThatStayLeaveItTheLastQuarter() {
    var drain = drain
    #expect(drain.tick(at: after(15).advanced(by: .nanoseconds(-1)), isAlone: false) == nil)
    #expect(drain.tick(at: after(15), isAlone: false) == after(20))
    #expect(drain.tick(at: after(16), isAlone: true) == after(20))
  }

  @Test func afterATurnThatCameLateItEndsInTimeAllTheSame() {
    var drain = drain
    #expect(drain.tick(at: after(18), isAlone: true) == after(20))
  }

  /// Nodes have been told: it doesn't change any more.
  @Test func whoDialsLaterDoesNotPutItOff() {
    var drain = drain
    #expect(drain.tick(at: after(1), isAlone: true) == after(6))
    #expect(drain.tick(at: after(2), isAlone: false) == after(6))
    #expect(drain.tick(at: after(17), isAlone: false) == after(6))
  }
}
