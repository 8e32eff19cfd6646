import PilotTransport
import Testing

@testable import PilotNode

@Suite("StateLog")
struct StateLogTests {
  private static func state(_ number: Int) -> NodeChange {
    .state(.reconnecting(reason: .backpressure, attempt: number, delay: .zero))
  }

  private static func all(_ log: StateLog) -> [NodeChange] {
    var states: [NodeChange] = []
    while let state = log.takeFirst() { states.append(state) }
    return states
  }

  @Test("keeps the newest, in order, and counts the others")
  func bound() {
    let log = StateLog()
    let count = StateLog.capacity + 10
    for number in 0..<count { log.append(Self.state(number)) }
    #expect(log.dropped == 10)
    #expect(Self.all(log) == (10..<count).map(Self.state))
    #expect(log.isEmpty)
  }

  @Test("the end is told once, last, and has come only when it has been taken")
  func end() {
    let log = StateLog()
    log.append(Self.state(1))
    #expect(log.finish())
    #expect(!log.finish())
    log.append(Self.state(2))
    #expect(!log.isEnded)
    #expect(log.takeFirst() == Self.state(1))
    #expect(!log.isEnded)
    #expect(log.takeFirst() == .state(.closed))
    #expect(log.isEnded)
    #expect(log.takeFirst() == nil)
  }

  @Test("a full log still has room for the end")
  func fullEnd() {
    let log = StateLog()
    for number in 0..<StateLog.capacity { log.append(Self.state(number)) }
    #expect(log.finish())
    #expect(Self.all(log).last == .state(.closed))
  }
}
