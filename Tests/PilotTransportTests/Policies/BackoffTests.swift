import PilotTransport
import Testing

@Suite("Backoff")
struct BackoffTests {
  private static func configuration(initial: Int, maximum: Int, resetAfter: Int = 10_000) -> Backoff.Configuration {
    var configuration = Backoff.Configuration()
    configuration.initial = .milliseconds(initial)
    configuration.maximum = .milliseconds(maximum)
    configuration.resetAfter = .milliseconds(resetAfter)
    return configuration
  }

  private static func ceilings(_ backoff: inout Backoff, _ count: Int) -> [Duration] {
    (0..<count).map { _ in backoff.next(random: 1) }
  }

  @Test("doubles from 250 ms to 30 s by default")
  func defaults() {
    var backoff = Backoff()
    let expected = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
    #expect(Self.ceilings(&backoff, 10) == expected.map { .milliseconds($0) })
    #expect(backoff.attempts == 10)
  }

  private static let jitters = [(0.0, 500), (0.5, 750), (1.0, 1_000), (-3.0, 500), (7.0, 1_000)]

  @Test("the jitter takes off up to a half", arguments: jitters)
  func jitter(_ random: Double, _ milliseconds: Int) {
    var backoff = Backoff(Self.configuration(initial: 1_000, maximum: 30_000))
    #expect(backoff.next(random: random) == .milliseconds(milliseconds))
  }

  @Test("no delay exceeds the maximum, also when the initial one does")
  func initialBeyondMaximum() {
    var backoff = Backoff(Self.configuration(initial: 5_000, maximum: 1_000))
    #expect(Self.ceilings(&backoff, 2) == [.seconds(1), .seconds(1)])
    backoff.connectionEnded(after: .seconds(60))
    #expect(backoff.next(random: 1) == .seconds(1))
  }

  /// What the peer asks for in seconds, the random number, and the delay in milliseconds.
  private static let asked = [
    (4, 0.0, 4_000), (4, 0.5, 5_000), (4, 1.0, 6_000), (20, 1.0, 30_000), (30, 0.0, 30_000), (3_600, 0.0, 30_000),
    (0, 1.0, 1_000), (-5, 0.0, 500),
  ]

  @Test("no attempt comes before the peer wants it, up to the maximum, and not all at once then", arguments: asked)
  func atLeast(_ seconds: Int, _ random: Double, _ milliseconds: Int) {
    var backoff = Backoff(Self.configuration(initial: 1_000, maximum: 30_000))
    #expect(backoff.next(random: random, atLeast: .seconds(seconds)) == .milliseconds(milliseconds))
    #expect(backoff.attempts == 1)
    #expect(backoff.next(random: 1) == .seconds(2))
  }

  @Test("a peer that asks for less than the backoff's own delay doesn't shorten it")
  func atLeastIsNoMost() {
    var backoff = Backoff(Self.configuration(initial: 8_000, maximum: 30_000))
    #expect(backoff.next(random: 1, atLeast: .seconds(1)) == .seconds(8))
  }

  private static let lifetimes = [(0, false), (9_999, false), (10_000, true), (90_000, true)]

  @Test("only a connection that lived resets it", arguments: lifetimes)
  func reset(_ lifetime: Int, _ resets: Bool) {
    var backoff = Backoff()
    _ = Self.ceilings(&backoff, 4)
    backoff.connectionEnded(after: .milliseconds(lifetime))
    #expect(backoff.attempts == (resets ? 0 : 4))
    #expect(backoff.next(random: 1) == .milliseconds(resets ? 250 : 4_000))
  }

  @Test("a hopeless case waits near the maximum, and until a connection lived")
  func hopeless() {
    var backoff = Backoff()
    backoff.jumpToMaximum()
    #expect(backoff.next(random: 0) == .seconds(15))
    #expect(backoff.next(random: 1) == .seconds(30))
    backoff.connectionEnded(after: .seconds(10))
    #expect(backoff.next(random: 1) == .milliseconds(250))
  }
}
