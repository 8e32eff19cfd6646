import PilotWire
import Testing

@testable import PilotBeacon

/// Signatures that wait to be verified: so many, and no more.
@Suite(.timeLimit(.minutes(1)))
struct VerificationQueueTests {
  @Test func whatFindsItFullIsRefusedAndTheOldestAreKept() async {
    let queue = VerificationQueue()
    for number in 1...300 as ClosedRange<UInt32> {
      let request = PunchRequest(requester: .test(number), target: .test(1_000))
      #expect(queue.submit(.grant(request, from: .udp(test: number))) == (number <= 256))
    }
    var jobs = queue.jobs.makeAsyncIterator()
    for number in 1...256 as ClosedRange<UInt32> {
      guard case .grant(let request, _) = await jobs.next() else {
        Issue.record("there is no job \(number)")
        return
      }
      #expect(request.requester == .test(number))
    }
    #expect(queue.submit(.grant(PunchRequest(requester: .test(1), target: .test(2)), from: .udp(test: 1))))
  }
}
