import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

@Suite("The machines below PathSelection")
struct PathMachinesTests {
  private static func at(_ seconds: Double) -> MonotonicInstant {
    MonotonicInstant.start.advanced(by: .seconds(seconds))
  }

  // MARK: PathProbing

  private static func probing() -> PathProbing { PathProbing(.init(), .init()) }

  @Test("one answer is counted once")
  func once() {
    var probing = Self.probing()
    probing.sent(at: Self.at(0))
    let isAnswer = probing.answered(at: Self.at(0.04))
    #expect(isAnswer)
    let isAnotherAnswer = probing.answered(at: Self.at(0.05))
    #expect(!isAnotherAnswer)
    #expect(probing.answers == 1)
    #expect(probing.roundTrip.smoothed == .milliseconds(40))
  }

  @Test(
    "given up after three missing answers, 6.5 s after the first of them was asked for, and no sooner"
  )
  func givenUp() {
    var probing = Self.probing()
    for second in 0..<4 { probing.sent(at: Self.at(Double(second))) }
    _ = probing.expire(at: Self.at(4))
    #expect(probing.misses == 4)
    #expect(!probing.isLost(at: Self.at(6.499)))
    #expect(probing.deadline == Self.at(6.5))
    #expect(probing.isLost(at: Self.at(6.5)))
    var two = Self.probing()
    two.sent(at: Self.at(0))
    two.sent(at: Self.at(1))
    _ = two.expire(at: Self.at(60))
    #expect(!two.isLost(at: Self.at(60)))
  }

  @Test("an answer that is late is an answer, and the next is waited for longer")
  func late() {
    var probing = Self.probing()
    probing.sent(at: Self.at(0))
    let missed = probing.expire(at: Self.at(0.5))
    #expect(missed == 1)
    #expect(probing.loss.lost == 1)
    let isLateAnswer = probing.answered(at: Self.at(0.8))
    #expect(isLateAnswer)
    #expect((probing.misses, probing.loss.lost) == (0, 0))
    #expect(probing.wait == .milliseconds(2_400))
  }

  @Test("the answers after a lost probe are not taken for its own: the round trip stays right")
  func lostProbe() {
    var probing = Self.probing()
    probing.sent(at: Self.at(0))
    let isAnswer = probing.answered(at: Self.at(0.04))
    #expect(isAnswer)
    probing.sent(at: Self.at(1))
    for second in 2..<60 {
      probing.sent(at: Self.at(Double(second)))
      _ = probing.expire(at: Self.at(Double(second) + 0.04))
      let isAnswerToo = probing.answered(at: Self.at(Double(second) + 0.04))
      #expect(isAnswerToo)
    }
    #expect(probing.roundTrip.smoothed ?? .zero < .milliseconds(50))
  }

  @Test("what nobody could hear is neither answered nor missing")
  func forgotten() {
    var probing = Self.probing()
    probing.sent(at: Self.at(0))
    probing.forget()
    let missed = probing.expire(at: Self.at(10))
    #expect(missed == 0)
    let isLateAnswer = probing.answered(at: Self.at(10))
    #expect(!isLateAnswer)
    #expect(probing.deadline == nil)
  }

  @Test("three reports of ICMP end it, each about a probe that is under way")
  func reports() {
    var probing = Self.probing()
    let unasked = probing.reported()
    #expect(!unasked)
    for second in 0..<3 {
      #expect(!probing.isLost(at: Self.at(Double(second))))
      probing.sent(at: Self.at(Double(second)))
      let counts = probing.reported()
      #expect(counts)
    }
    #expect(probing.isLost(at: Self.at(3)))
  }

  @Test("however many are asked, few are waited for")
  func bounded() {
    var probing = Self.probing()
    for number in 0..<1_000 { probing.sent(at: Self.at(Double(number) / 1_000)) }
    var answers = 0
    while probing.answered(at: Self.at(1)) { answers += 1 }
    #expect(answers == 32)
  }

  // MARK: LossWindow

  @Test("bad from six lost of the last 32, and a fifth of them")
  func bad() {
    var window = LossWindow(.init())
    for _ in 0..<26 { window.record(lost: false) }
    for _ in 0..<3 {
      window.record(lost: true)
      window.record(lost: false)
    }
    #expect(!window.isBad)
    for _ in 0..<3 {
      window.record(lost: true)
      window.record(lost: false)
    }
    #expect((window.lost, window.count, window.isBad) == (6, 32, false))
    window.record(lost: true)
    #expect(window.isBad)
  }

  @Test("a row of losses is three: an outage that is over is no bad path")
  func row() {
    var window = LossWindow(.init())
    for _ in 0..<30 { window.record(lost: true) }
    #expect(window.lost == 3)
    window.record(lost: false)
    #expect(!window.isBad)
  }

  @Test("better by fifteen in a hundred, or not better")
  func margin() {
    var (bad, other) = (LossWindow(.init()), LossWindow(.init()))
    for number in 0..<20 { bad.record(lost: number % 4 == 0) }
    for number in 0..<20 { other.record(lost: number % 10 == 0) }
    #expect((bad.percent, other.percent) == (25, 10))
    #expect(bad.isWorse(than: other))
    other.record(lost: true)
    #expect(!bad.isWorse(than: other))
  }

  // MARK: ReturnPolicy

  @Test(
    "patience doubles with each return that failed, to ten minutes, and is as before when one has held"
  )
  func patience() {
    var policy = ReturnPolicy(.init())
    var now = Self.at(0)
    var all: [Duration] = []
    for _ in 0..<7 {
      all.append(policy.patience)
      now = policy.earliest(after: now)
      policy.returned(at: now)
      now = now.advanced(by: .seconds(119))
      policy.left(failing: true, at: now)
    }
    #expect(all == [30, 60, 120, 240, 480, 600, 600].map { .seconds($0) })
    policy.returned(at: now)
    policy.left(failing: true, at: now.advanced(by: .seconds(599)))
    #expect(policy.patience == .seconds(600))
    policy.returned(at: now)
    policy.left(failing: true, at: now.advanced(by: .seconds(600)))
    #expect(policy.patience == .seconds(30))
  }

  @Test("left for another that is preferred is not failed")
  func preferred() {
    var policy = ReturnPolicy(.init())
    policy.returned(at: Self.at(0))
    policy.left(failing: false, at: Self.at(10))
    #expect(policy.patience == .seconds(30))
  }

  // MARK: BeaconChoice

  @Test(
    "another beacon is preferred for less than two thirds, and ten milliseconds",
    arguments: [
      (60, 39, true), (60, 40, false), (60, 41, false), (24, 15, false), (27, 17, true),
      (12, 3, false),
    ])
  func nearer(present: Int, other: Int, isTaken: Bool) {
    var choice = BeaconChoice(.roundTrip)
    choice.measured([.milliseconds(present), nil, .milliseconds(other)])
    #expect(choice.first == (isTaken ? 2 : 0))
    var order = BeaconChoice(.order)
    order.measured([.milliseconds(present), .milliseconds(other)])
    #expect(order.first == 0)
  }

  // MARK: NetworkMemory

  @Test("a verdict is worth something for a day, and nothing when the clock has gone back")
  func expiry() {
    var memory = NetworkMemory()
    memory.learn(.datagramsBlocked, on: "a", at: 1_000)
    #expect(memory.verdict(on: "a", at: 1_000) == .datagramsBlocked)
    #expect(memory.verdict(on: "a", at: 1_000 + 86_399) == .datagramsBlocked)
    #expect(memory.verdict(on: "a", at: 1_000 + 86_400) == nil)
    #expect(memory.verdict(on: "a", at: 999) == nil)
    #expect(memory.verdict(on: "b", at: 1_000) == nil)
    memory.learn(.datagramsWork, on: "a", at: 2_000)
    #expect(memory.entries.count == 1)
    #expect(memory.verdict(on: "a", at: 2_000) == .datagramsWork)
  }

  @Test("no more than 32 networks, the latest")
  func capacity() {
    var memory = NetworkMemory()
    for number in 0..<100 { memory.learn(.datagramsWork, on: "\(number)", at: 1) }
    #expect(memory.entries.count == NetworkMemory.capacity)
    #expect(memory.verdict(on: "99", at: 1) == .datagramsWork)
    #expect(memory.verdict(on: "67", at: 1) == nil)
    #expect(NetworkMemory(memory.entries + memory.entries).entries.count == NetworkMemory.capacity)
    memory.learn(.datagramsWork, on: "late", at: .max)
    #expect(memory.entries.last?.expiry == .max)
  }

  // MARK: Echoes

  @Test("a frame to itself counts once, and is missing when its time is over")
  func echoes() {
    var ledger = EchoLedger()
    let first = ledger.send(over: PathID(0), wait: .seconds(1), at: Self.at(0))
    let second = ledger.send(over: PathID(1), wait: .seconds(2), at: Self.at(0))
    #expect(ledger.take(first)?.path == PathID(0))
    #expect(ledger.take(first) == nil)
    #expect(ledger.expire(at: Self.at(1.9)).isEmpty)
    #expect(ledger.expire(at: Self.at(2)).map(\.number) == [second])
    #expect(ledger.deadline == nil)
    for _ in 0..<100 { _ = ledger.send(over: PathID(0), wait: .seconds(1), at: Self.at(3)) }
    #expect(ledger.expire(at: Self.at(9)).count == 32)
  }

  @Test("a numbered token is as long as asked, and known by its number")
  func token() {
    let token = ProbeToken(high: 1, low: 2)
    #expect(token.echo(7, length: 100).count == 100)
    #expect(token.echo(7, length: 0).count == 20)
    #expect(token.number(in: token.echo(7, length: 100).span.raw) == 7)
    #expect(token.number(in: token.payload.span.raw) == nil)
    #expect(ProbeToken(high: 1, low: 3).number(in: token.echo(7, length: 100).span.raw) == nil)
  }
}
