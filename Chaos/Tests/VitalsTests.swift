import ChaosCore
import Testing

@Suite struct VitalsTests {
  private let status = "Name:\tpilot\nVmPeak:\t  999 kB\nVmRSS:\t   1234 kB\nThreads:\t9\n"

  @Test func `memory, and threads apart from the runtime's pool`() {
    let names = ["pilot", "NIO-SGLTN-1-#1", "pilot-udp", "pilot-udp", "oot.default-qos", "-qos.overcommit"]
    let vitals = Vitals(status: status, threadNames: names, descriptors: 20)
    #expect(vitals == Vitals(residentBytes: 1_234 * 1_024, threads: 4, pooledThreads: 2, descriptors: 20))
  }

  @Test func `a status without memory is none: the process has ended`() {
    #expect(Vitals(status: "Name:\tpilot\nThreads:\t1\n", threadNames: [], descriptors: 0) == nil)
  }

  @Test func `the kernel's early drops are the second column of each line`() {
    #expect(Vitals.backlogDrops(softnetStat: "00ff 0000000a 00\n0001 00000010 00\n") == 26)
    #expect(Vitals.backlogDrops(softnetStat: "") == 0)
  }

  private func log(_ samples: [Vitals]) -> VitalsLog {
    var log = VitalsLog()
    for (round, vitals) in samples.enumerated() { log.add("beacon", 1, after: round, vitals) }
    return log
  }

  private let usual = Vitals(residentBytes: 50 << 20, threads: 5, pooledThreads: 2, descriptors: 30)

  @Test func `a process that stays as it is keeps its promise`() {
    var busy = usual
    busy.pooledThreads = 9
    #expect(log([usual, busy, usual]).broken.isEmpty)
  }

  @Test func `one descriptor more at the end is one too many, and so is a thread`() {
    var more = usual
    more.descriptors += 1
    #expect(log([usual, more]).broken.count == 1)
    #expect(log([usual, more, usual]).broken.isEmpty)
    more.threads += 1
    #expect(log([usual, usual, more]).broken.count == 2)
  }

  @Test func `memory may grow in the first half of a life, and little in the second`() {
    var grown = usual
    grown.residentBytes += VitalsLog.memoryAllowance + 1
    let half = VitalsLog.judgedMoments / 2
    let (before, after) = (Array(repeating: usual, count: half), Array(repeating: grown, count: half))
    #expect(log(before + after).broken.isEmpty)
    #expect(log(before + [usual] + after).broken.count == 1)
    #expect(log([usual, grown]).broken.isEmpty)
    grown.residentBytes -= 1
    #expect(log(before + [usual] + Array(repeating: grown, count: half)).broken.isEmpty)
  }

  @Test func `another process is compared with itself`() {
    var log = log([usual])
    var other = usual
    other.descriptors = 99
    log.add("beacon", 2, after: 1, other)
    #expect(log.broken.isEmpty)
    #expect(log.reference("beacon", 2) == other)
    #expect(log.reference("beacon", 3) == nil)
  }
}
