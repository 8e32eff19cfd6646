import Foundation
import PilotConsole
import Testing

@testable import PilotBench

@Suite("Statistics of measurements")
struct BenchStatisticsTests {
  @Test("percentiles are exact to three digits")
  func percentiles() throws {
    var times = LatencyHistogram()
    #expect(times.microseconds(50) == nil)
    for microsecond: UInt64 in 1...1_000 { times.record(microsecond * 1_000) }
    #expect(times.count == 1_000)
    for (percentile, expected) in [(50.0, 500.0), (99, 990), (99.9, 999), (100, 1_000)] {
      let value = try #require(times.microseconds(percentile))
      #expect(abs(value - expected) <= expected / 1_000 + 0.5)
    }
  }

  @Test("the resident memory in the kernel's words")
  func memory() {
    let status = "Name:\tpilot\nVmPeak:\t  999 kB\nVmRSS:\t   12345 kB\nRssAnon:\t 1 kB\n"
    #expect(ProcessMemory.residentBytes(inStatus: status) == 12_345 * 1_024)
    #expect(ProcessMemory.residentBytes(inStatus: "Name:\tpilot\n") == nil)
    #expect(ProcessMemory.residentBytes(inStatus: "VmRSS:\tmany kB\n") == nil)
  }

  #if os(Linux)
    @Test("this process has memory, and there is no process 0")
    func thisProcess() throws {
      let own = try #require(ProcessMemory.residentBytes(of: ProcessInfo.processInfo.processIdentifier))
      #expect(own > 1 << 20)
      #expect(ProcessMemory.residentBytes(of: 0) == nil)
    }
  #endif

  @Test("a thread's time is part of its process's, and grows while it works")
  func processorTime() throws {
    let process = ProcessorTime.ofProcess()
    let thread = ProcessorTime.ofThread()
    var sum = 0
    while ProcessorTime.ofThread() - thread < .milliseconds(5) { sum &+= sum ^ 1 }
    #expect(ProcessorTime.ofProcess() - process >= .milliseconds(5))
    #if os(Linux)
      let same = try #require(ProcessorTime.of(process: ProcessInfo.processInfo.processIdentifier))
      #expect(same >= process)
    #endif
  }

  @Test("a datagram's cost is that of its own side")
  func datagrams() {
    var result = DatagramResult(benchCase: .senders, length: 64, elapsed: .seconds(2))
    result.senders = 2
    result.sent = 1_000
    result.received = 800
    result.senderTime = .milliseconds(4)
    result.receiverTime = .milliseconds(8)
    #expect(
      result.json.line
        == #"{"bench":"udp","case":"senders","length":64,"senders":2,"sent":1000,"received":800,"lost":200,"#
        + #""seconds":2.0,"datagrams_per_second":400.0,"datagrams_per_cpu_second":250000.0,"sender_cpu_us":4.0,"#
        + #""receiver_cpu_us":10.0}"#)
    #expect(result.row == ["senders", "64", "2", "1,000", "200", "400", "4.00", "10.0", "250,000"])
  }

  @Test("an end that is elsewhere has no figures")
  func halfAResult() {
    var result = DatagramResult(benchCase: .bulk, length: 64, elapsed: .seconds(1))
    result.sent = 10
    result.senderTime = .microseconds(10)
    #expect(
      result.json.line
        == #"{"bench":"udp","case":"bulk","length":64,"sent":10,"seconds":1.0,"datagrams_per_second":10.0,"#
        + #""sender_cpu_us":1.0}"#)
  }

  @Test("a flood's figures are per delivered frame")
  func flood() {
    var result = FloodResult(
      cell: .udpToWSS, isBatched: true, window: 256, length: 1_200, sent: 1_000_010, delivered: 1_000_000,
      elapsed: .seconds(4))
    result.beaconTime = .milliseconds(2_500)
    result.beaconBytes = 50_000_000
    #expect(
      result.json.line
        == #"{"bench":"relay","from":"udp","to":"wss","mode":"flood","batched":true,"window":256,"length":1200,"#
        + #""sent":1000010,"delivered":1000000,"lost":10,"seconds":4.0,"frames_per_second":250000.0,"#
        + #""beacon_cpu_s_per_million":2.5,"beacon_rss_bytes":50000000}"#)
    result.invalid = 3
    #expect(result.json["invalid"] == 3)
  }
}
