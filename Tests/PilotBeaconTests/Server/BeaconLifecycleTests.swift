import PilotTesting
import PilotTransport
import Testing

@testable import PilotBeacon

/// From serving to closed: what comes when, and what only once.
@Suite(.timeLimit(.minutes(1)))
struct BeaconLifecycleTests {
  private let start = MonotonicInstant.start.advanced(by: .seconds(100))

  @Test func withoutAWindowAShutdownGoesStraightOnToClosing() {
    var lifecycle = BeaconLifecycle()
    expect(lifecycle.shutDown(draining: .zero, at: start), .close)
    #expect(lifecycle.phase == .closing)
    lifecycle.finished()
    #expect(lifecycle.phase == .closed)
  }

  @Test func itDrainsUntilTheWindowIsOverAndNoLonger() {
    var lifecycle = BeaconLifecycle()
    let end = start.advanced(by: .seconds(30))
    expect(lifecycle.tick(at: start), .ignore)
    expect(lifecycle.shutDown(draining: .seconds(30), at: start), .drain(until: end))
    expect(lifecycle.shutDown(draining: .seconds(30), at: start.advanced(by: .seconds(1))), .ignore)
    expect(lifecycle.tick(at: start.advanced(by: .seconds(30) - .nanoseconds(1))), .drain(until: end))
    #expect(lifecycle.phase == .draining(until: end))
    expect(lifecycle.tick(at: end), .close)
    expect(lifecycle.tick(at: end), .ignore)
  }

  @Test func stoppingLeavesTheDrainingOutAndClosesOnce() {
    var lifecycle = BeaconLifecycle()
    _ = lifecycle.shutDown(draining: .seconds(30), at: start)
    expect(lifecycle.stop(), .close)
    expect(lifecycle.stop(), .ignore)
    lifecycle.finished()
    expect(lifecycle.stop(), .ignore)
    expect(lifecycle.shutDown(draining: .zero, at: start), .ignore)
  }

  @Test func itEndsBeforeTheWindowWhenNobodyIsLeft() async {
    var lifecycle = BeaconLifecycle()
    expect(lifecycle.emptied(), .ignore)
    _ = lifecycle.shutDown(draining: .seconds(30), at: start)
    expect(lifecycle.emptied(), .close)
    expect(lifecycle.emptied(), .ignore)

    let shutdown = BeaconShutdown()
    shutdown.begin()
    await shutdown.run(draining: .seconds(30), clock: ManualClock(now: start)) { _ in
      false
    } close: {
    }
    #expect(shutdown.phase == .closed)
  }

  @Test func theDriverDrainsByItsClockAndThenCloses() async {
    let clock = ManualClock(now: start)
    let shutdown = BeaconShutdown()
    let (steps, noting) = AsyncStream.makeStream(of: String.self)
    await withTaskGroup { group in
      group.addTask {
        await shutdown.run(draining: .seconds(30), clock: clock) { turn in
          noting.yield("drain at \(turn.start.duration(to: turn.now)) of \(turn.start.duration(to: turn.end))")
          return true
        } close: {
          noting.yield("close in \(shutdown.phase)")
        }
      }
      #expect(shutdown.phase == .serving)
      shutdown.begin()
      shutdown.begin()
      await clock.sleepers(atLeast: 1)
      #expect(shutdown.phase == .draining(until: start.advanced(by: .seconds(30))))
      clock.advance(by: BeaconShutdown.turnInterval)
      await clock.sleepers(atLeast: 1)
      clock.advance(by: .seconds(30))
      await group.waitForAll()
    }
    noting.finish()
    var noted: [String] = []
    for await step in steps { noted.append(step) }
    #expect(
      noted == [
        "drain at 0.0 seconds of 30.0 seconds", "drain at 0.1 seconds of 30.0 seconds", "close in closing",
      ])
    #expect(shutdown.phase == .closed)
  }

  @Test func cancellationEndsTheDraining() async {
    let clock = ManualClock(now: start)
    let shutdown = BeaconShutdown()
    shutdown.begin()
    await withTaskGroup { group in
      group.addTask {
        await shutdown.run(draining: .seconds(30), clock: clock) { _ in
          true
        } close: {
        }
      }
      await clock.sleepers(atLeast: 1)
      group.cancelAll()
    }
    #expect(shutdown.phase == .closed)
  }
}
