import PilotTransport
import Testing

@Suite("TransportCounters")
struct TransportCountersTests {
  @Test("begin at zero")
  func zero() {
    let counters = TransportCounters()
    #expect(counters.framesSent == 0 && counters.bytesSent == 0)
    #expect(counters.framesReceived == 0 && counters.bytesReceived == 0)
    #expect(counters.reconnects == 0 && counters.unreachableReports == 0)
    #expect(counters.pathMTUReports == 0)
    #expect(counters.framesWithoutLocal == 0 && counters.framesFromElsewhere == 0)
    for reason in DropReason.allCases { #expect(counters.drops[reason] == 0) }
  }

  @Test("count each reason for itself, in its own direction", arguments: DropReason.allCases)
  func reasons(_ reason: DropReason) {
    var counters = TransportCounters()
    counters.drops[reason] += 3
    for other in DropReason.allCases { #expect(counters.drops[other] == (other == reason ? 3 : 0)) }
    #expect(counters.drops.outgoing == (reason.isOutgoing ? 3 : 0))
    #expect(counters.drops.incoming == (reason.isOutgoing ? 0 : 3))
    #expect(counters != TransportCounters())
  }

  @Test("totals add the reasons of a direction up")
  func totals() {
    var drops = TransportCounters.Drops()
    for (index, reason) in DropReason.allCases.enumerated() { drops[reason] = 1 << UInt64(index) }
    #expect(drops.outgoing + drops.incoming == (1 << UInt64(DropReason.allCases.count)) - 1)
    #expect(drops.outgoing & drops.incoming == 0)
  }

  @Test("of two transports add up, each by itself")
  func sum() {
    var one = TransportCounters()
    (one.framesSent, one.bytesSent, one.framesReceived, one.bytesReceived) = (1, 2, 3, 4)
    (one.reconnects, one.unreachableReports, one.framesWithoutLocal, one.framesFromElsewhere) = (5, 6, 7, 8)
    one.pathMTUReports = 9
    for (index, reason) in DropReason.allCases.enumerated() { one.drops[reason] = UInt64(7 + index) }
    var sum = one
    sum += one
    #expect((sum.framesSent, sum.bytesSent, sum.framesReceived, sum.bytesReceived) == (2, 4, 6, 8))
    #expect((sum.reconnects, sum.unreachableReports) == (10, 12))
    #expect(sum.pathMTUReports == 18)
    #expect((sum.framesWithoutLocal, sum.framesFromElsewhere) == (14, 16))
    for reason in DropReason.allCases { #expect(sum.drops[reason] == 2 * one.drops[reason]) }
  }

  @Test("reasons have distinct names in snake case")
  func names() {
    let names = DropReason.allCases.map(\.description)
    #expect(Set(names).count == names.count)
    for name in names { #expect(name.allSatisfy { $0 == "_" || ("a"..."z").contains($0) }) }
  }
}
