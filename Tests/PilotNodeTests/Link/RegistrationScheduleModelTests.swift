import PilotTesting
@testable import PilotNode
import PilotTransport
import Testing

/// A driver that comes when it was told to or at any other time, with answers and reports as they like.
@Suite("RegistrationSchedule, at random")
struct RegistrationScheduleModelTests {
  enum Event: Sendable {
    /// At the instant that the schedule last asked for.
    case onTime
    case early(Duration)
    case answered
    case unreachable
  }

  static func draw(_ random: inout SeededRandom) -> Event {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4: .onTime
    case 4..<6: .early(.milliseconds(Int.random(in: 0...30_000, using: &random)))
    case 6..<9: .answered
    default: .unreachable
    }
  }

  /// What holds whatever happens: no two announcements closer than the shortest time between retries, none later than an
  /// interval after the one before or its answer; registered is who has been answered since the last announcement, which no
  /// report has followed; and nothing but an announcement's own answer puts the next one off.
  @Test("is never silent for longer than its interval, nor busier than its retries", arguments: Seeds.all)
  func bounds(_ seed: UInt64) async {
    let found = await Counterexample.search(seed: seed, events: 400, draw: Self.draw) { events in
      let configuration = RegistrationSchedule.Configuration()
      var schedule = RegistrationSchedule(at: .start)
      var now = MonotonicInstant.start
      var due = now
      var last: MonotonicInstant?
      var isAnswered = false
      // Whether there was an announcement since the last report of ICMP.
      var isAsked = false
      for (step, event) in events.enumerated() {
        switch event {
        case .answered:
          let isNew = schedule.answered(at: now)
          if isNew != (isAsked && !isAnswered) { return .init(after: step, "answered() says \(isNew)") }
          if isNew { isAnswered = true }
        case .unreachable:
          _ = schedule.unreachable(at: now)
          isAnswered = false
          isAsked = false
        case .onTime: now = max(now, due)
        case .early(let duration): now = min(now.advanced(by: duration), max(now, due))
        }
        let wasDue = due
        while true {
          let action = schedule.tick(at: now)
          guard action == .announce else {
            guard case .wait(let until) = action, until > now else { return .init(after: step, "\(action) at \(now)") }
            due = until
            break
          }
          if let last, last.duration(to: now) < configuration.unreachableRetry {
            return .init(after: step, "announces \(last.duration(to: now)) after the last one")
          }
          last = now
          isAnswered = false
          isAsked = true
        }
        if schedule.isRegistered != isAnswered { return .init(after: step, "isRegistered is \(schedule.isRegistered)") }
        if now.duration(to: due) > configuration.interval { return .init(after: step, "waits until \(due)") }
        if case .unreachable = event, due > wasDue, wasDue > now { return .init(after: step, "a report puts it off") }
      }
      return nil
    }
    if let found { Issue.record("\(found)") }
  }
}
