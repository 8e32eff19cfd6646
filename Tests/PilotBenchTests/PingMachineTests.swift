import PilotTransport
import Testing

@testable import PilotBench

@Suite("Pings one at a time")
struct PingMachineTests {
  private let start = MonotonicInstant(nanoseconds: 5_000)

  private func after(_ duration: Duration) -> MonotonicInstant { start.advanced(by: duration) }

  @Test("an answer is measured, and the next ping goes out, until the time is over")
  func answers() {
    var machine = PingMachine(from: start, for: .milliseconds(10))
    #expect(machine.start(at: start) == .send(1))
    #expect(machine.answered(1, at: after(.milliseconds(4))) == .send(2))
    #expect(machine.answered(1, at: after(.milliseconds(5))) == .wait, "an answer that came twice")
    #expect(machine.answered(2, at: after(.milliseconds(10))) == .end)
    #expect(machine.times.count == 2)
    #expect(machine.lost == 0)
    #expect(abs((machine.times.microseconds(50) ?? 0) - 4_000) < 5)
    #expect(abs((machine.times.microseconds(100) ?? 0) - 6_000) < 5)
  }

  @Test("a ping without an answer goes out again, and its time goes on counting")
  func loss() {
    var machine = PingMachine(from: start, for: .seconds(10))
    #expect(machine.start(at: start) == .send(1))
    #expect(machine.tick(at: after(.milliseconds(499))) == .wait)
    #expect(machine.tick(at: after(.milliseconds(500))) == .send(1))
    #expect(machine.tick(at: after(.milliseconds(999))) == .wait)
    #expect(machine.answered(1, at: after(.seconds(1))) == .send(2))
    #expect(machine.lost == 1)
    #expect(abs((machine.times.microseconds(50) ?? 0) - 1_000_000) < 1_000)
  }

  @Test("a ping that is never answered counts with the time that was waited for it")
  func silence() {
    var machine = PingMachine(from: start, for: .milliseconds(600))
    #expect(machine.start(at: start) == .send(1))
    #expect(machine.tick(at: after(.milliseconds(500))) == .send(1))
    #expect(machine.tick(at: after(.milliseconds(900))) == .wait)
    #expect(machine.tick(at: after(.milliseconds(1_000))) == .end)
    #expect(machine.tick(at: after(.milliseconds(1_001))) == .end)
    #expect(machine.answered(1, at: after(.milliseconds(1_002))) == .wait)
    #expect(machine.times.count == 1)
    #expect(machine.lost == 2)
  }

  @Test("with an interval, a long ping counts as often as pings were due meanwhile")
  func correction() {
    var machine = PingMachine(from: start, for: .seconds(1), interval: .milliseconds(1))
    _ = machine.start(at: start)
    _ = machine.answered(1, at: after(.milliseconds(100)))
    #expect(machine.times.count == 100)
    #expect(abs((machine.times.microseconds(50) ?? 0) - 50_000) < 1_100)
  }
}
