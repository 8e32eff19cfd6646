import PilotTesting
import PilotTransport
import Testing

@Suite("Keepalive")
struct KeepaliveTests {
  private static let start = MonotonicInstant(nanoseconds: 5_000_000_000)

  private static func at(_ seconds: Double) -> MonotonicInstant { start.advanced(by: .seconds(seconds)) }

  private static func make(interval: Int = 30, timeout: Int = 10) -> Keepalive {
    var configuration = Keepalive.Configuration()
    configuration.interval = .seconds(interval)
    configuration.timeout = .seconds(timeout)
    return Keepalive(configuration, at: start)
  }

  @Test("pings after the interval, and not before")
  func firstPing() {
    var keepalive = Self.make()
    #expect(keepalive.tick(at: Self.at(0)) == .wait(until: Self.at(30)))
    #expect(keepalive.tick(at: Self.at(29.9)) == .wait(until: Self.at(30)))
    #expect(keepalive.tick(at: Self.at(30)) == .ping(id: 1, thenAt: Self.at(40)))
  }

  @Test("gives up when nothing is heard within the timeout after a ping")
  func dead() {
    var keepalive = Self.make()
    _ = keepalive.tick(at: Self.at(30))
    #expect(keepalive.tick(at: Self.at(39.9)) == .wait(until: Self.at(40)))
    #expect(keepalive.tick(at: Self.at(40)) == .dead)
    #expect(keepalive.tick(at: Self.at(41)) == .dead)
  }

  @Test("anything heard keeps it alive until the next ping, an interval after the last")
  func alive() {
    var keepalive = Self.make()
    _ = keepalive.tick(at: Self.at(30))
    keepalive.heard(at: Self.at(39))
    #expect(keepalive.tick(at: Self.at(40)) == .wait(until: Self.at(60)))
    #expect(keepalive.tick(at: Self.at(60)) == .ping(id: 2, thenAt: Self.at(70)))
  }

  @Test("what is heard between pings does not put the next one off")
  func heardWhileResting() {
    var keepalive = Self.make()
    keepalive.heard(at: Self.at(29))
    #expect(keepalive.tick(at: Self.at(30)) == .ping(id: 1, thenAt: Self.at(40)))
  }

  @Test("a driver that is late pings late, and waits the whole timeout from then on")
  func lateDriver() {
    var keepalive = Self.make()
    #expect(keepalive.tick(at: Self.at(100)) == .ping(id: 1, thenAt: Self.at(110)))
    #expect(keepalive.tick(at: Self.at(109)) == .wait(until: Self.at(110)))
    keepalive.heard(at: Self.at(109))
    #expect(keepalive.tick(at: Self.at(110)) == .wait(until: Self.at(130)))
  }

  @Test("with a timeout beyond the interval it asks to be called for the next ping")
  func shortInterval() {
    var keepalive = Self.make(interval: 1, timeout: 5)
    #expect(keepalive.tick(at: Self.at(1)) == .ping(id: 1, thenAt: Self.at(2)))
    #expect(keepalive.tick(at: Self.at(2)) == .wait(until: Self.at(6)))
    keepalive.heard(at: Self.at(5))
    #expect(keepalive.tick(at: Self.at(5)) == .ping(id: 2, thenAt: Self.at(6)))
    keepalive.heard(at: Self.at(5.5))
    #expect(keepalive.tick(at: Self.at(6)) == .ping(id: 3, thenAt: Self.at(7)))
  }

  /// A peer that falls silent at any moment is given up within interval + timeout, by a driver that comes when it was
  /// told to; and one that is heard in time never is.
  @Test("finds every silent peer in time and no other", arguments: Seeds.all)
  func model(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var configuration = Keepalive.Configuration()
    configuration.interval = .milliseconds(Int.random(in: 1...60_000, using: &random))
    configuration.timeout = .milliseconds(Int.random(in: 1...60_000, using: &random))
    var keepalive = Keepalive(configuration, at: Self.start)
    var now = Self.start
    var lastPing: MonotonicInstant?
    let silentAfter = Self.start.advanced(by: .seconds(Int.random(in: 0...600, using: &random)))
    var lastHeard = Self.start
    var lastID: UInt64 = 0
    for _ in 0..<100_000 {
      switch keepalive.tick(at: now) {
      case .wait(let until):
        #expect(until > now)
        now = until
      case .ping(let id, let next):
        #expect(id == lastID + 1)
        if let lastPing { #expect(lastPing.duration(to: now) >= configuration.interval) }
        lastID = id
        lastPing = now
        let delay = configuration.timeout * random.fraction()
        let answer = now.advanced(by: delay)
        guard answer <= silentAfter else {
          now = next
          continue
        }
        // Ticks between ping and answer change nothing.
        if random.chance(0.5) { #expect(keepalive.tick(at: answer) != .dead) }
        keepalive.heard(at: answer)
        lastHeard = answer
        now = max(answer, now)
      case .dead:
        #expect(now > silentAfter)
        #expect(lastHeard.duration(to: now) <= configuration.interval + configuration.timeout)
        return
      }
    }
    Issue.record("a peer that was silent after \(silentAfter) was never given up")
  }
}
