import PilotTesting
@testable import PilotNode
import PilotTransport
import Testing

@Suite("RegistrationSchedule")
struct RegistrationScheduleTests {
  private static func at(_ seconds: Double) -> MonotonicInstant { .start.advanced(by: .seconds(seconds)) }

  /// When it announces if nothing happens, in seconds from the start.
  private static func announcements(_ schedule: inout RegistrationSchedule, until end: Double) -> [Double] {
    var times: [Double] = []
    var now = MonotonicInstant.start
    while now <= at(end) {
      switch schedule.tick(at: now) {
      case .announce: times.append(Double(now.nanoseconds) / 1e9)
      case .wait(let instant): now = instant
      }
    }
    return times
  }

  @Test("announces at once, and then ever more rarely, down to once a minute")
  func unanswered() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(Self.announcements(&schedule, until: 250) == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
    #expect(!schedule.isRegistered)
  }

  @Test("announces every minute while it is answered, and soon again while it isn't")
  func answered() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.answered(at: Self.at(0.2)) == true)
    #expect(schedule.isRegistered)
    #expect(schedule.tick(at: Self.at(60)) == .wait(until: Self.at(60.2)))
    #expect(schedule.tick(at: Self.at(60.2)) == .announce)
    #expect(!schedule.isRegistered)
    #expect(schedule.tick(at: Self.at(60.2)) == .wait(until: Self.at(61.2)))
    #expect(schedule.tick(at: Self.at(61.2)) == .announce)
    #expect(schedule.tick(at: Self.at(61.2)) == .wait(until: Self.at(63.2)))
    #expect(schedule.answered(at: Self.at(61.3)) == true)
    #expect(schedule.tick(at: Self.at(61.3)) == .wait(until: Self.at(121.3)))
  }

  @Test("an appointment is kept, also after an announcement that comes before, and once")
  func appointment() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.answered(at: .start) == true)
    schedule.appoint(at: Self.at(80))
    #expect(schedule.tick(at: Self.at(60)) == .announce)
    #expect(schedule.answered(at: Self.at(60.2)) == true)
    #expect(schedule.tick(at: Self.at(60.2)) == .wait(until: Self.at(80)))
    #expect(schedule.tick(at: Self.at(80)) == .announce)
    #expect(schedule.answered(at: Self.at(80.5)) == true)
    #expect(schedule.tick(at: Self.at(80.5)) == .wait(until: Self.at(140.5)))
  }

  @Test("announces twice a second while ICMP says that the beacon is gone")
  func unreachable() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.answered(at: .start) == true)
    #expect(schedule.unreachable(at: Self.at(10)) == true)
    #expect(!schedule.isRegistered)
    for step in 0..<100 {
      let now = Self.at(10.5 + 0.5 * Double(step))
      #expect(schedule.tick(at: now) == .announce)
      #expect(schedule.unreachable(at: now.advanced(by: .milliseconds(20))) == false)
      #expect(schedule.tick(at: now) == .wait(until: now.advanced(by: .milliseconds(500))))
    }
    // Nothing was announced since the report: an answer puts nothing off.
    #expect(schedule.answered(at: Self.at(60.25)) == false)
    #expect(schedule.tick(at: Self.at(60.25)) == .wait(until: Self.at(60.5)))
    #expect(schedule.tick(at: Self.at(60.5)) == .announce)
    #expect(schedule.answered(at: Self.at(60.75)) == true)
    #expect(schedule.tick(at: Self.at(61)) == .wait(until: Self.at(120.75)))
  }

  @Test("a forged report and an answer that nothing asked for don't keep a node silent")
  func silenced() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.answered(at: .start) == true)
    var announcements = 0
    for second in 1...300 {
      let now = Self.at(Double(second))
      _ = schedule.unreachable(at: now)
      _ = schedule.answered(at: now.advanced(by: .milliseconds(100)))
      if schedule.tick(at: now.advanced(by: .milliseconds(600))) == .announce { announcements += 1 }
    }
    #expect(announcements == 300)
  }

  @Test("becomes as rare as ever when ICMP falls silent, too")
  func unreachableAndSilent() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.unreachable(at: .start) == true)
    #expect(Self.announcements(&schedule, until: 200) == [0.5, 1, 2, 4, 8, 16, 32, 64, 124, 184])
  }

  @Test("a report puts no announcement off that is due sooner")
  func unreachableLate() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.unreachable(at: Self.at(0.9)) == false)
    #expect(schedule.tick(at: Self.at(0.9)) == .wait(until: Self.at(1)))
  }

  /// Two announcements, two answers, the second one late: nobody else is at work.
  @Test("takes a late answer for what it is")
  func lateAnswer() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(Self.announcements(&schedule, until: 1) == [0, 1])
    #expect(schedule.answered(at: Self.at(1.5)) == true)
    #expect(schedule.answered(at: Self.at(2.5)) == false)
    #expect(schedule.tick(at: Self.at(2.5)) == .wait(until: Self.at(61.5)))
  }

  @Test("an answer that was not asked for brings the next announcement forward, however many come")
  func contested() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.answered(at: .start) == true)
    for second in 30..<40 {
      #expect(schedule.answered(at: Self.at(Double(second))) == false)
      #expect(schedule.isRegistered)
      #expect(schedule.tick(at: Self.at(Double(second))) == .wait(until: Self.at(40)))
    }
    #expect(schedule.tick(at: Self.at(40)) == .announce)
    #expect(schedule.answered(at: Self.at(40)) == true)
    #expect(schedule.answered(at: Self.at(95)) == false)
    #expect(schedule.tick(at: Self.at(95)) == .wait(until: Self.at(100)))
  }

  @Test("one challenge is answered for each announcement under way, and none that comes unasked")
  func challenges() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.challenged(at: .start) == false)
    #expect(schedule.tick(at: .start) == .announce)
    // The beacon's answer comes before its challenge.
    #expect(schedule.answered(at: .start) == true)
    #expect(schedule.challenged(at: Self.at(0.1)) == true)
    let unasked = (0..<1_000).count { _ in schedule.challenged(at: Self.at(0.2)) }
    #expect(unasked == 0)
    #expect(schedule.tick(at: Self.at(60)) == .announce)
    #expect(schedule.challenged(at: Self.at(60)) == true)
    #expect(schedule.challenged(at: Self.at(60)) == false)
  }

  @Test("a challenge long after the announcement was not asked for")
  func lateChallenge() {
    var schedule = RegistrationSchedule(at: .start)
    #expect(schedule.tick(at: .start) == .announce)
    #expect(schedule.answered(at: .start) == true)
    #expect(schedule.challenged(at: Self.at(10.1)) == false)
    #expect(schedule.tick(at: Self.at(60)) == .announce)
    #expect(schedule.challenged(at: Self.at(70)) == true)
  }

  @Test("announcements without an answer don't save up signatures")
  func challengesSavedUp() {
    var schedule = RegistrationSchedule(at: .start)
    for step in 0..<200 {
      let now = Self.at(0.5 * Double(step))
      #expect(schedule.tick(at: now) == .announce)
      _ = schedule.unreachable(at: now)
    }
    let signed = (0..<1_000).count { _ in schedule.challenged(at: Self.at(100)) }
    #expect(signed <= 4)
  }
}
