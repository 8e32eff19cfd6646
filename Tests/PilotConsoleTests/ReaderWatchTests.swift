import PilotConsole
import Synchronization
import Testing

@Suite("a reader that goes away")
struct ReaderWatchTests {
  private final class Counter: Sendable {
    let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
  }

  @Test("ends the program once, however often that is told")
  func once() throws {
    let (watch, counter) = (ReaderWatch(), Counter())
    watch.whenGone { counter.add() }
    try watch.check()
    #expect(counter.value == 0)
    for _ in 0..<3 { watch.tellGone() }
    #expect(counter.value == 1)
    #expect(throws: OutputError.closed) { try watch.check() }
  }

  @Test("that has gone before ends it at once, and once")
  func late() {
    let (watch, counter) = (ReaderWatch(), Counter())
    watch.tellGone()
    watch.whenGone { counter.add() }
    #expect(counter.value == 1)
    watch.tellGone()
    #expect(counter.value == 1)
  }

  @Test("isn't told under the watch's lock")
  func reentrant() {
    let (watch, counter) = (ReaderWatch(), Counter())
    watch.whenGone {
      watch.tellGone()
      watch.whenGone { counter.add() }
    }
    watch.tellGone()
    #expect(counter.value == 1)
  }
}
