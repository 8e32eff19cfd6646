import PilotTransport
import Testing

@testable import PilotWSS

struct LivenessTests {
  private let start = MonotonicInstant(nanoseconds: 5_000_000_000)

  private func at(_ seconds: Double) -> MonotonicInstant { start.advanced(by: .seconds(seconds)) }

  private var pinging: Liveness {
    var configuration = Keepalive.Configuration()
    configuration.interval = .seconds(30)
    configuration.timeout = .seconds(10)
    return .pinging(Keepalive(configuration, at: start))
  }

  @Test func `a client pings every interval while it hears something`() {
    var liveness = pinging
    #expect(liveness.tick(at: at(0)) == .wait(until: at(30)))
    #expect(liveness.tick(at: at(30)) == .ping(id: 1, thenAt: at(40)))
    liveness.heard(at: at(31))
    #expect(liveness.tick(at: at(40)) == .wait(until: at(60)))
    #expect(liveness.tick(at: at(60)) == .ping(id: 2, thenAt: at(70)))
    liveness.heard(at: at(70))
    #expect(liveness.tick(at: at(70)) == .wait(until: at(90)))
  }

  @Test func `a client gives up when nothing is heard within the timeout after a ping`() {
    var liveness = pinging
    liveness.heard(at: at(29))
    #expect(liveness.tick(at: at(30)) == .ping(id: 1, thenAt: at(40)))
    #expect(liveness.tick(at: at(39.9)) == .wait(until: at(40)))
    #expect(liveness.tick(at: at(40)) == .silent)
  }

  @Test func `a server gives up after the limit, counted from what it heard last`() {
    var liveness = Liveness.listening(limit: .seconds(90), lastHeard: start)
    #expect(liveness.tick(at: at(0)) == .wait(until: at(90)))
    liveness.heard(at: at(89))
    #expect(liveness.tick(at: at(90)) == .wait(until: at(179)))
    #expect(liveness.tick(at: at(178.9)) == .wait(until: at(179)))
    #expect(liveness.tick(at: at(179)) == .silent)
  }

  @Test func `the role decides who pings, and what silence lasts`() {
    var times = WebSocketTimes()
    #expect(times.liveness(from: start) == .listening(limit: .seconds(90), lastHeard: start))
    #expect(times.silence == .seconds(90))
    times.keepalive = Keepalive.Configuration()
    #expect(times.liveness(from: start) == .pinging(Keepalive(at: start)))
    #expect(times.silence == .seconds(10))
  }
}
