import PilotTransport
import Testing

@Suite("ConnectionSupervisor")
struct ConnectionSupervisorTests {
  private static func at(_ seconds: Int) -> MonotonicInstant { .start.advanced(by: .seconds(seconds)) }

  @Test("dials at the start, once")
  func start() {
    var supervisor = ConnectionSupervisor()
    #expect(supervisor.timerFired() == .nothing)
    #expect(supervisor.down(hopeless: false, at: Self.at(0), random: 1) == .nothing)
    #expect(supervisor.start() == .dial)
    #expect(supervisor.start() == .nothing)
    #expect(!supervisor.isConnected)
  }

  @Test("announces the first connection as such, and later ones as reconnections")
  func announces() {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    #expect(supervisor.connected(at: Self.at(1)) == .announce(first: true))
    #expect(supervisor.isConnected)
    #expect(supervisor.down(hopeless: false, at: Self.at(2), random: 1) == .wait(.milliseconds(250), attempt: 1))
    #expect(!supervisor.isConnected)
    #expect(supervisor.timerFired() == .dial)
    #expect(supervisor.connected(at: Self.at(3)) == .announce(first: false))
  }

  @Test("the first connection is the first also after failed attempts")
  func firstAfterFailures() {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    for attempt in 1...20 {
      let ceiling = min(Duration.milliseconds(250) * (1 << (attempt - 1)), .seconds(30))
      #expect(supervisor.down(hopeless: false, at: Self.at(attempt), random: 1) == .wait(ceiling, attempt: attempt))
      #expect(supervisor.timerFired() == .dial)
    }
    #expect(supervisor.connected(at: Self.at(99)) == .announce(first: true))
  }

  @Test("forgets failures after a connection that lived 10 s, and no other", arguments: [(9, 500, 2), (10, 250, 1)])
  func lived(_ lifetime: Int, _ delay: Int, _ attempt: Int) {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    _ = supervisor.down(hopeless: false, at: Self.at(0), random: 1)
    _ = supervisor.timerFired()
    _ = supervisor.connected(at: Self.at(100))
    let action = supervisor.down(hopeless: false, at: Self.at(100 + lifetime), random: 1)
    #expect(action == .wait(.milliseconds(delay), attempt: attempt))
  }

  @Test("waits near the maximum when the beacon refused the identity")
  func hopeless() {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    #expect(supervisor.down(hopeless: true, at: Self.at(0), random: 1) == .wait(.seconds(30), attempt: 1))
    #expect(supervisor.timerFired() == .dial)
    #expect(supervisor.down(hopeless: false, at: Self.at(0), random: 0) == .wait(.seconds(15), attempt: 2))
  }

  @Test("leaves a peer alone for as long as it asks, up to the maximum", arguments: [(5, 5), (60, 30)])
  func retryAfter(_ asked: Int, _ delay: Int) {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    let action = supervisor.down(hopeless: false, retryAfter: .seconds(asked), at: Self.at(0), random: 0)
    #expect(action == .wait(.seconds(delay), attempt: 1))
  }

  @Test("waits as long as an attempt would do harm, whatever the maximum is")
  func hold() {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    let held = supervisor.down(hopeless: true, hold: .seconds(600), at: Self.at(0), random: 1)
    #expect(held == .wait(.seconds(600), attempt: 1))
    _ = supervisor.timerFired()
    let usual = supervisor.down(hopeless: true, hold: .seconds(1), at: Self.at(0), random: 1)
    #expect(usual == .wait(.seconds(30), attempt: 2))
  }

  @Test("a second report of the same end changes nothing")
  func downTwice() {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    _ = supervisor.down(hopeless: false, at: Self.at(0), random: 1)
    #expect(supervisor.down(hopeless: true, at: Self.at(0), random: 1) == .nothing)
    #expect(supervisor.timerFired() == .dial)
    #expect(supervisor.down(hopeless: false, at: Self.at(0), random: 1) == .wait(.milliseconds(500), attempt: 2))
  }

  @Test("takes down a connection that comes about after close")
  func connectedAfterClose() {
    var supervisor = ConnectionSupervisor()
    _ = supervisor.start()
    #expect(supervisor.close() == true)
    #expect(supervisor.connected(at: Self.at(1)) == .discard)
    #expect(!supervisor.isConnected)
    #expect(supervisor.down(hopeless: false, at: Self.at(1), random: 1) == .nothing)
  }

  @Test("close works once and ends everything")
  func close() {
    var supervisor = ConnectionSupervisor()
    #expect(supervisor.close() == true)
    #expect(supervisor.close() == false)
    #expect(supervisor.start() == .nothing)
    #expect(supervisor.timerFired() == .nothing)
  }

  @Test("rests from anywhere, dials at once when it is started again, and takes what comes up meanwhile down")
  func rest() {
    var supervisor = ConnectionSupervisor()
    let hadNothing = !supervisor.rest(at: Self.at(0))
    #expect(hadNothing)
    _ = supervisor.start()
    let hadSome1 = supervisor.rest(at: Self.at(0))
    #expect(hadSome1)
    #expect(supervisor.connected(at: Self.at(1)) == .discard)
    #expect(supervisor.down(hopeless: false, at: Self.at(1), random: 1) == .nothing)
    #expect(supervisor.start() == .dial)
    #expect(supervisor.connected(at: Self.at(2)) == .announce(first: true))
    let hadSome2 = supervisor.rest(at: Self.at(3))
    #expect(hadSome2)
    #expect(!supervisor.isConnected)
    #expect(supervisor.start() == .dial)
    #expect(supervisor.down(hopeless: false, at: Self.at(4), random: 1) == .wait(.milliseconds(250), attempt: 1))
    let hadSome3 = supervisor.rest(at: Self.at(4))
    #expect(hadSome3)
    #expect(supervisor.timerFired() == .nothing)
    #expect(supervisor.start() == .dial, "the delay is over with the rest")
    #expect(
      supervisor.down(hopeless: false, at: Self.at(5), random: 1) == .wait(.milliseconds(500), attempt: 2),
      "and what failed isn't forgotten")
  }

  @Test("a redial is due at once, forgets what failed, and wakes nobody who rests")
  func redial() {
    var supervisor = ConnectionSupervisor()
    #expect(supervisor.redial() == .nothing)
    _ = supervisor.start()
    _ = supervisor.connected(at: Self.at(0))
    for attempt in 1...3 {
      _ = supervisor.down(hopeless: true, at: Self.at(attempt), random: 1)
      _ = supervisor.timerFired()
    }
    _ = supervisor.down(hopeless: true, at: Self.at(9), random: 1)
    #expect(supervisor.redial() == .dial)
    #expect(supervisor.timerFired() == .nothing)
    #expect(supervisor.down(hopeless: false, at: Self.at(9), random: 1) == .wait(.milliseconds(250), attempt: 1))
    _ = supervisor.timerFired()
    #expect(supervisor.connected(at: Self.at(10)) == .announce(first: false))
    _ = supervisor.close()
    #expect(supervisor.redial() == .nothing)
  }
}
