import Testing

@testable import PilotNode

@Suite("What nothing shows to have come through")
struct SentMarksTests {
  @Test("is what was sent since the question that was answered")
  func sinceTheAnswered() {
    var marks = SentMarks()
    marks.ask(after: 10)
    marks.answer()
    let unconfirmed = marks.leave(after: 25)
    #expect(unconfirmed == 15)
  }

  @Test("is everything as long as there is no answer")
  func withoutAnswer() {
    var marks = SentMarks()
    marks.ask(after: 10)
    let unconfirmed = marks.leave(after: 25)
    #expect(unconfirmed == 25)
  }

  @Test("is counted from the earliest question that waits: a late answer may be for that one")
  func lateAnswer() {
    var marks = SentMarks()
    marks.ask(after: 10)
    marks.ask(after: 20)
    marks.answer()
    marks.answer()
    let unconfirmed = marks.leave(after: 25)
    #expect(unconfirmed == 15)
  }

  @Test("is told once")
  func once() {
    var marks = SentMarks()
    _ = marks.leave(after: 25)
    let unconfirmed = marks.leave(after: 27)
    #expect(unconfirmed == 2)
  }
}
