import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

/// One machine, told what happens.
@Suite("A direct path's machine")
struct DirectPathTests {
  private static let peer = DirectWorld.ids[1]
  private static let there = Endpoint(ipv4: 203, 0, 113, 9, port: 4_000)
  private static let elsewhere = Endpoint(ipv4: 203, 0, 113, 10, port: 4_000)
  private static let surroundings = Surroundings(
    own: [Endpoint(ipv4: 198, 51, 100, 7, port: 4_000)], beacon: Endpoint(ipv4: 198, 51, 100, 1, port: 9_001))

  /// What the machine should have sent, and hasn't.
  private struct Missing: Error {
    let what: String

    init(_ what: String) { self.what = what }
  }

  /// A machine with what it spends, and what it puts out.
  private final class Run {
    var path = DirectPath(to: DirectPathTests.peer, in: DirectPathTests.surroundings, at: .start)
    var budget = DirectBudget()
    var random = SeededRandom(seed: 1)
    var now = MonotonicInstant.start

    func outputs() -> [DirectPath.Output] {
      if let due = path.deadline, due <= now { path.tick(at: now, spending: &budget, using: &random) }
      var outputs: [DirectPath.Output] = []
      while let output = path.nextOutput() { outputs.append(output) }
      return outputs
    }

    /// Lets so much time pass, deadline by deadline.
    func run(for duration: Duration) -> [DirectPath.Output] {
      let end = now.advanced(by: duration)
      var outputs = outputs()
      while let due = path.deadline, due <= end {
        now = max(now, due)
        outputs += self.outputs()
      }
      now = end
      return outputs
    }

    /// The latest probe to an address.
    func named(_ endpoint: Endpoint) -> ProbePayload? {
      path.probed(ProbePayload(.answer, token: 0, addresses: [endpoint]), by: .relay, at: now)
      return outputs().compactMap { $0.probe(to: endpoint) }.last
    }

    /// A direct way, in use.
    func settle() {
      guard let probe = named(DirectPathTests.there) else { return }
      now = now.advanced(by: .milliseconds(40))
      path.echoed(probe, by: .direct(DirectPathTests.there), at: now)
      _ = outputs()
    }
  }

  @Test("nobody is called before a user sends something")
  func idle() {
    let run = Run()
    #expect(run.path.deadline == nil)
    #expect(run.run(for: .seconds(100)) == [])
  }

  @Test("a packet makes it call the peer and ask the beacon")
  func begins() {
    let run = Run()
    run.path.sent(at: run.now)
    let outputs = run.outputs()
    #expect(outputs.compactMap(\.call) == [Self.surroundings.own])
    #expect(outputs.contains(.requestPunch))
    #expect(outputs.count == 2)
    // Twice more, as long as nobody answers.
    #expect(run.run(for: .milliseconds(3_900)).compactMap(\.call).count == 2)
  }

  @Test("a peer that answers is called once, and its addresses are probed four times each")
  func answers() {
    let run = Run()
    run.path.sent(at: run.now)
    _ = run.outputs()
    run.path.probed(ProbePayload(.answer, token: 7, addresses: [Self.there]), by: .relay, at: run.now)
    let outputs = run.run(for: .milliseconds(3_900))
    #expect(outputs.compactMap(\.call) == [])
    #expect(outputs.compactMap { $0.probe(to: Self.there) }.count == 4)
    #expect(outputs.count == 4)
  }

  @Test("a call is answered, and an answer isn't")
  func answering() {
    let run = Run()
    run.path.probed(ProbePayload(.call, token: 7, addresses: []), by: .relay, at: run.now)
    #expect(run.outputs().compactMap(\.answer) == [Self.surroundings.own])
    run.now = run.now.advanced(by: .seconds(1))
    run.path.probed(ProbePayload(.answer, token: 7, addresses: []), by: .relay, at: run.now)
    #expect(run.outputs() == [])
  }

  @Test("an echo from where the probe was sent is what counts")
  func echo() throws {
    let run = Run()
    guard let probe = run.named(Self.there) else { throw Missing("nothing was sent") }
    let wrong = ProbePayload(.probe, token: probe.token ^ 1)
    run.path.echoed(wrong, by: .direct(Self.there), at: run.now)
    run.path.echoed(probe, by: .direct(Self.elsewhere), at: run.now)
    run.path.echoed(probe, by: .relay, at: run.now)
    #expect(run.path.route == .relay)
    #expect(run.path.counters.strayEchoes == 2)
    run.now = run.now.advanced(by: .milliseconds(30))
    run.path.echoed(probe, by: .direct(Self.there), at: run.now)
    #expect(run.path.route == .direct(Self.there))
    #expect(run.path.roundTrip == .milliseconds(30))
    // Once.
    run.path.echoed(probe, by: .direct(Self.there), at: run.now)
    #expect(run.path.counters.echoes == 1)
    #expect(run.path.counters.strayEchoes == 3)
  }

  @Test("an echo after more than five seconds counts for nothing")
  func late() throws {
    let run = Run()
    guard let probe = run.named(Self.there) else { throw Missing("nothing was sent") }
    run.now = run.now.advanced(by: .milliseconds(5_001))
    run.path.echoed(probe, by: .direct(Self.there), at: run.now)
    #expect(run.path.route == .relay)
  }

  @Test("frames that come directly don't make a way, they make it be probed")
  func heard() {
    let run = Run()
    run.path.opened(from: Self.there, at: run.now)
    #expect(run.path.route == .relay)
    #expect(run.outputs().compactMap { $0.probe(to: Self.there) }.count == 1)
  }

  @Test("silence ends it within five seconds, beside the relay from the first missing echo on")
  func silence() {
    let run = Run()
    run.settle()
    let broken = run.now
    var doubted: Duration?
    while run.path.route != .relay, broken.duration(to: run.now) < .seconds(10) {
      run.path.sent(at: run.now)
      _ = run.run(for: .milliseconds(50))
      if run.path.isDoubted, doubted == nil { doubted = broken.duration(to: run.now) }
    }
    #expect(doubted.map { $0 <= .milliseconds(1_600) } == true)
    #expect(broken.duration(to: run.now) <= .seconds(5))
    #expect(broken.duration(to: run.now) >= .seconds(3))
  }

  @Test("the round trip decides how long an echo is waited for, and a slow one is left within five seconds, too")
  func slow() throws {
    let run = Run()
    guard let probe = run.named(Self.there) else { throw Missing("nothing was sent") }
    run.now = run.now.advanced(by: .milliseconds(1_200))
    run.path.echoed(probe, by: .direct(Self.there), at: run.now)
    let broken = run.now
    while run.path.route != .relay, broken.duration(to: run.now) < .seconds(10) {
      run.path.sent(at: run.now)
      _ = run.run(for: .milliseconds(50))
    }
    #expect(broken.duration(to: run.now) <= .seconds(5))
  }

  @Test("a report about the address in use ends it at once, one about another doesn't")
  func unreachable() {
    let run = Run()
    run.settle()
    run.path.unreachable(Self.elsewhere, at: run.now)
    #expect(run.path.route == .direct(Self.there))
    run.path.unreachable(Self.there, at: run.now)
    #expect(run.path.route == .relay)
    #expect(
      run.outputs() == [
        .switched(DirectSwitch(from: .direct(Self.there), to: .relay, reason: .unreachable))
      ])
  }

  @Test("tries that fail get rarer, from five seconds to five minutes; another network makes up for all")
  func backoff() {
    let run = Run()
    var begun: [Duration] = []
    var attempts: UInt64 = 0
    func note() -> Duration { MonotonicInstant.start.duration(to: run.now) }
    while note() < .seconds(3_000) {
      run.path.sent(at: run.now)
      _ = run.run(for: .milliseconds(250))
      if run.path.counters.attempts > attempts {
        attempts = run.path.counters.attempts
        begun.append(note())
      }
    }
    let pauses = zip(begun, begun.dropFirst()).map { ($1 - $0) / .seconds(1) }
    let expected = [5.0, 10, 20, 40, 80, 160, 300, 300].map { $0 + 4 }
    for (pause, wanted) in zip(pauses, expected) { #expect(abs(pause - wanted) <= 0.5) }
    #expect(pauses.count >= expected.count)
    run.path.networkChanged(at: run.now)
    #expect(run.outputs().compactMap(\.call).count == 1)
  }

  @Test("another network makes it doubt the direct way at once, and an echo of before doesn't count")
  func networkChanged() throws {
    let run = Run()
    run.settle()
    run.now = run.now.advanced(by: .seconds(5))
    run.path.sent(at: run.now)
    guard let before = run.outputs().compactMap({ $0.probe(to: Self.there) }).last else {
      throw Missing("nothing was sent")
    }
    run.path.networkChanged(at: run.now)
    #expect(run.path.isDoubted)
    let outputs = run.outputs()
    #expect(outputs.compactMap(\.call).count == 1)
    run.path.echoed(before, by: .direct(Self.there), at: run.now)
    #expect(run.path.isDoubted)
    guard let probe = outputs.compactMap({ $0.probe(to: Self.there) }).last else { throw Missing("it isn't probed") }
    run.path.echoed(probe, by: .direct(Self.there), at: run.now)
    #expect(!run.path.isDoubted)
    #expect(run.path.route == .direct(Self.there))
  }

  @Test("a command that nobody has asked for changes nothing")
  func command() {
    let run = Run()
    run.path.punchCommanded(to: Self.there, at: run.now)
    #expect(run.outputs() == [])
    #expect(run.path.counters.commandsIgnored == 1)
    run.path.sent(at: run.now)
    _ = run.outputs()
    #expect(run.budget.askedLately(at: run.now) == [Self.peer])
    run.path.punchCommanded(to: Self.there, at: run.now)
    #expect(run.outputs().compactMap { $0.probe(to: Self.there) }.count == 1)
    run.now = run.now.advanced(by: .milliseconds(3_001))
    #expect(run.budget.askedLately(at: run.now) == [])
    run.path.punchCommanded(to: Self.elsewhere, at: run.now)
    #expect(run.path.counters.commandsIgnored == 2)
  }

  @Test("the beacon isn't asked for a peer that tells its addresses itself")
  func ours() {
    let run = Run()
    run.path.probed(ProbePayload(.call, token: 7, addresses: []), by: .relay, at: run.now)
    run.path.sent(at: run.now)
    #expect(!run.run(for: .seconds(100)).contains(.requestPunch))
  }

  @Test("without a socket nothing is tried, and a direct way ends")
  func closed() {
    let run = Run()
    run.settle()
    run.path.surround(by: Surroundings(hasDatagrams: false), at: run.now)
    #expect(
      run.outputs() == [.switched(DirectSwitch(from: .direct(Self.there), to: .relay, reason: .closed))])
    run.path.sent(at: run.now)
    run.path.probed(ProbePayload(.call, token: 7, addresses: [Self.there]), by: .relay, at: run.now)
    run.path.opened(from: Self.there, at: run.now)
    run.path.networkChanged(at: run.now)
    #expect(run.run(for: .seconds(100)) == [])
    #expect(run.path.deadline == nil)
  }

  @Test("while nobody sends, it is probed every 18 to 20 seconds")
  func upkeep() throws {
    let run = Run()
    run.settle()
    var last = run.now
    for _ in 0..<20 {
      guard let due = run.path.deadline else { throw Missing("nothing is due") }
      run.now = due
      guard let probe = run.outputs().compactMap({ $0.probe(to: Self.there) }).first else {
        throw Missing("nothing was sent")
      }
      #expect(last.duration(to: run.now) >= .seconds(18))
      #expect(last.duration(to: run.now) <= .seconds(20))
      last = run.now
      run.path.echoed(probe, by: .direct(Self.there), at: run.now)
    }
    #expect(run.path.route == .direct(Self.there))
  }

  @Test("it is small while nothing happens")
  func size() {
    // With a session's, 4 kB in all.
    #expect(MemoryLayout<DirectPath>.size <= 768)
  }
}

extension DirectPath.Output {
  /// A probe to this address.
  fileprivate func probe(to endpoint: Endpoint) -> ProbePayload? {
    if case .probe(let payload, by: .direct(endpoint)) = self { payload } else { nil }
  }

  /// What a call by the relay names.
  fileprivate var call: [Endpoint]? {
    if case .probe(let payload, by: .relay) = self, payload.kind == .call { payload.addresses } else { nil }
  }

  /// What an answer to one names.
  fileprivate var answer: [Endpoint]? {
    if case .probe(let payload, by: .relay) = self, payload.kind == .answer { payload.addresses } else { nil }
  }
}
