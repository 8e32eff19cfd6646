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
}
