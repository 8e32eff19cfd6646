import PilotConsole
import PilotTesting
import PilotTransport
import Testing

@testable import PilotCommands

@Suite("statistics of round trips")
struct PingStatisticsTests {
  @Test("least, average, most, and what 99 of a hundred don't exceed, rounded to microseconds")
  func times() throws {
    var statistics = PingStatistics()
    for number in 1...200 {
      statistics.addSent()
      statistics.add(.microseconds(201 - number))
    }
    let times = try #require(statistics.microseconds)
    #expect(times == (least: 1, average: 101, most: 200, percentile99: 198), "100.5 is rounded")
    #expect(
      statistics.json.line
        == #"{"event":"summary","sent":200,"received":200,"min_us":1,"avg_us":101,"max_us":200,"p99_us":198}"#)
  }

  @Test("one round trip is all of them")
  func single() throws {
    var statistics = PingStatistics()
    statistics.addSent()
    statistics.add(.nanoseconds(1_234_499))
    let times = try #require(statistics.microseconds)
    #expect(times == (least: 1_234, average: 1_234, most: 1_234, percentile99: 1_234))
    #expect(statistics.lines(to: "7").last == "round trip min/avg/max/p99 = 1.234/1.234/1.234/1.234 ms")
  }

  @Test("without an answer there are no times, and all is lost")
  func nothing() {
    var statistics = PingStatistics()
    #expect(statistics.lossPercent == 0)
    for _ in 0..<3 { statistics.addSent() }
    #expect(statistics.microseconds == nil)
    #expect(statistics.json.line == #"{"event":"summary","sent":3,"received":0}"#)
    #expect(statistics.lines(to: "7") == ["", "--- node 7 ---", "3 sent, 0 came back, 100 % lost"])
  }

  @Test("of very many the percentile is of every second, fourth, … one, and still right", arguments: [1, 2, 3])
  func many(seed: UInt64) throws {
    var (statistics, random) = (PingStatistics(), SeededRandom(seed: seed))
    var all: [Int64] = []
    for _ in 0..<PingStatistics.limit * 3 {
      let time = Int64.random(in: 100...10_000, using: &random)
      all.append(time)
      statistics.addSent()
      statistics.add(.microseconds(time))
    }
    all.sort()
    let times = try #require(statistics.microseconds)
    #expect(times.least == all[0] && times.most == all[all.count - 1])
    let exact = all[(all.count * 99 + 99) / 100 - 1]
    #expect(abs(times.percentile99 - exact) < 60, "of 9,900 that differ")
  }
}

@Suite("a run of probes")
struct PingRunTests {
  @Test("a probe is read as it was written, and nothing else is one")
  func probe() {
    let probe = PingProbe(session: 0x0102_0304_0506_0708, number: 0xFFFE_FDFC)
    #expect(PingProbe(parsing: probe.bytes) == probe)
    for length in 0..<probe.bytes.count { #expect(PingProbe(parsing: Array(probe.bytes.prefix(length))) == nil) }
    #expect(PingProbe(parsing: probe.bytes + [0]) == nil)
    #expect(PingProbe(parsing: Array("pathprobe.v1".utf8) + Array(repeating: 0, count: 16)) == nil, "the tunnel's own")
  }

  @Test("an answer counts once, in time, and for this run only")
  func answers() {
    var run = PingRun(session: 9, count: 2)
    var now = MonotonicInstant.start
    let first = run.send(at: now)
    now = now.advanced(by: .milliseconds(5))
    let stranger = run.answer(PingProbe(session: 8, number: 1).bytes, at: now)
    #expect(stranger == .nobodys)
    let reply = run.answer(first, at: now)
    #expect(reply == .reply(number: 1, roundTrip: .milliseconds(5)))
    let again = run.answer(first, at: now)
    #expect(again == .duplicate(number: 1))
    #expect(!run.hasSentAll && run.deadline == nil)
    let second = run.send(at: now)
    #expect(run.hasSentAll && !run.isDone(at: now))
    #expect(run.deadline == now.advanced(by: PingRun.patience))
    now = now.advanced(by: PingRun.patience)
    #expect(run.isDone(at: now))
    let late = run.answer(second, at: now)
    #expect(late == .nobodys)
    #expect(run.statistics.sent == 2 && run.statistics.received == 1 && run.statistics.duplicates == 1)
    #expect(run.statistics.lossPercent == 50)
  }

  @Test("where the beacon says that the node isn't there, nothing is waited for, until the node is heard again")
  func gone() throws {
    let start = MonotonicInstant(nanoseconds: 1_000_000_000)
    var run = PingRun(session: 9, count: 3)
    let first = run.send(at: start)
    #expect(!run.isGone && run.deadline == start.advanced(by: PingRun.patience))
    run.gone(at: start.advanced(by: .milliseconds(20)))
    #expect(run.isGone && run.deadline == nil)
    // What is sent at once is as lost; later it may have come.
    _ = run.send(at: start.advanced(by: .seconds(1)))
    #expect(run.deadline == nil)
    let late = start.advanced(by: .seconds(2))
    _ = run.send(at: late)
    let end = late.advanced(by: PingRun.patienceOnceGone)
    #expect(run.deadline == end)
    #expect(!run.isDone(at: late) && run.isDone(at: end))
    let answer = run.answer(first, at: late)
    #expect(answer == .reply(number: 1, roundTrip: .seconds(2)))
    #expect(!run.isGone && run.deadline == late.advanced(by: PingRun.patience))
  }

  @Test("a run without end keeps a bounded number of probes")
  func bounded() {
    var run = PingRun(session: 9, count: nil)
    var payloads: [[UInt8]] = []
    for _ in 0..<5_000 { payloads.append(run.send(at: .start)) }
    let lost = run.answer(payloads[0], at: .start)
    let kept = run.answer(payloads[4_999], at: .start)
    #expect(lost == .nobodys && kept == .reply(number: 5_000, roundTrip: .zero))
    #expect(!run.hasSentAll)
  }
}
