@testable import PilotNode
import PilotTransport
import Testing

@Suite("AnnouncementSchedule")
struct AnnouncementScheduleTests {
  private static func at(_ seconds: Double) -> MonotonicInstant { .start.advanced(by: .seconds(seconds)) }

  @Test("announces as soon as there is a connection, and then every minute, answered or not")
  func everyMinute() {
    var schedule = AnnouncementSchedule()
    #expect(schedule.tick(at: Self.at(5)) == .rest)
    schedule.connected(at: Self.at(7))
    for minute in 0..<20 {
      let due = Self.at(7 + 60 * Double(minute))
      #expect(schedule.tick(at: due) == .announce)
      #expect(schedule.tick(at: due) == .wait(until: due.advanced(by: .seconds(60))))
      #expect(schedule.tick(at: due.advanced(by: .seconds(59.9))) == .wait(until: due.advanced(by: .seconds(60))))
    }
  }

  @Test("announces at once after each reconnection, and never while there is none")
  func reconnection() {
    var schedule = AnnouncementSchedule()
    schedule.connected(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    schedule.disconnected()
    #expect(schedule.tick(at: Self.at(300)) == .rest)
    schedule.connected(at: Self.at(301))
    #expect(schedule.tick(at: Self.at(301)) == .announce)
    #expect(schedule.tick(at: Self.at(301)) == .wait(until: Self.at(361)))
  }

  @Test("what the transport refuses is tried again within a second, not a minute later")
  func refused() {
    var schedule = AnnouncementSchedule()
    schedule.connected(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    schedule.refused(at: .start)
    #expect(schedule.tick(at: .start) == .wait(until: Self.at(1)))
    #expect(schedule.tick(at: Self.at(1)) == .announce)
    schedule.disconnected()
    schedule.refused(at: Self.at(1))
    #expect(schedule.tick(at: Self.at(9)) == .rest)
  }
}
