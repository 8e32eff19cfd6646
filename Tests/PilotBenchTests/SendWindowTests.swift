import PilotTesting
import PilotTransport
import Testing

@testable import PilotBench

@Suite("The window of a flood")
struct SendWindowTests {
  private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

  private func after(_ milliseconds: Int) -> MonotonicInstant {
    start.advanced(by: .milliseconds(milliseconds))
  }

  @Test("there is room for as many frames as may be under way")
  func room() {
    var window = SendWindow(size: 10, at: start)
    #expect(window.room(delivered: 0, at: start) == 10)
    window.send(10)
    #expect(window.room(delivered: 0, at: after(1)) == 0)
    #expect(window.target(for: 4) == 4)
    #expect(window.room(delivered: 3, at: after(2)) == 3)
    #expect(window.room(delivered: 10, at: after(3)) == 10)
    #expect(window.underWay == 0)
  }

  @Test("a full window opens when nothing has arrived for 100 ms, and not before")
  func writingOff() {
    var window = SendWindow(size: 10, at: start)
    window.send(10)
    #expect(window.room(delivered: 4, at: after(50)) == 4)
    window.send(4)
    #expect(window.room(delivered: 4, at: after(149)) == 0)
    #expect(window.room(delivered: 4, at: after(150)) == 10)
    window.send(10)
    // The ten that were written off are not counted again.
    #expect(window.room(delivered: 4, at: after(249)) == 0)
    #expect(window.target(for: 1) == 5)
    #expect(window.room(delivered: 5, at: after(249)) == 1)
    #expect(window.room(delivered: 5, at: after(349)) == 1, "not full: nothing is written off")
  }

  @Test("frames that were written off and arrive after all make no room for more than the window")
  func lateArrivals() {
    var window = SendWindow(size: 10, at: start)
    window.send(10)
    #expect(window.room(delivered: 0, at: after(100)) == 10)
    window.send(10)
    #expect(window.room(delivered: 10, at: after(101)) == 10)
    #expect(window.room(delivered: 20, at: after(102)) == 10)
    window.send(10)
    #expect(window.room(delivered: 20, at: after(103)) == 0)
  }

  @Test("after a pause in which nothing was under way, the 100 ms begin anew")
  func pause() {
    var window = SendWindow(size: 2, at: start)
    #expect(window.room(delivered: 0, at: after(500)) == 2)
    window.send(2)
    #expect(window.room(delivered: 0, at: after(599)) == 0)
    #expect(window.room(delivered: 0, at: after(600)) == 2)
  }

  @Test("whatever happens, never more are under way than the window, and it always opens again", arguments: 1...50)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let size = Int.random(in: 1...20, using: &random)
    var window = SendWindow(size: size, at: start)
    var now = start
    var delivered = 0
    for _ in 0..<1_000 {
      now = now.advanced(by: .milliseconds(Int.random(in: 0...60, using: &random)))
      delivered += Int.random(in: 0...(window.sent - delivered), using: &random)
      let room = window.room(delivered: delivered, at: now)
      #expect((0...size).contains(room), "seed \(seed)")
      #expect(room == size - window.underWay, "seed \(seed)")
      #expect(delivered >= window.target(for: room), "seed \(seed)")
      window.send(Int.random(in: 0...room, using: &random))
      #expect(window.underWay <= size, "seed \(seed)")
    }
    window.send(window.room(delivered: delivered, at: now))
    #expect(window.room(delivered: delivered, at: now.advanced(by: .milliseconds(100))) == size, "seed \(seed)")
  }
}
