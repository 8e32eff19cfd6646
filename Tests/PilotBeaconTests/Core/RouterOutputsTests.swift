import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What the router wants done: in order, and bounded.
struct RouterOutputsTests {
  @Test func theyAreTakenInTheOrderInWhichTheyCameUp() {
    var outputs = RouterOutputs()
    var (put, taken): (UInt32, UInt32) = (0, 0)
    for turn in 0..<200 as Range<UInt32> {
      for _ in 0..<turn % 7 {
        put += 1
        expect(outputs.append(.reply(.udp(.test(put)))), true)
      }
      while taken < put, (taken + turn) % 5 != 0 {
        taken += 1
        expect(outputs.next(), .reply(.udp(.test(taken))))
      }
      if put - taken > 40 {
        while taken < put {
          taken += 1
          expect(outputs.next(), .reply(.udp(.test(taken))))
        }
        expect(outputs.next(), nil)
      }
    }
  }

  @Test func whatFindsThemFullIsDroppedAndCounted() {
    var router = Router(seed: 7)
    let frame = Discover(node: nil).encoded()
    for number in 1...100 as ClosedRange<UInt32> {
      #expect(router.on(frame.span.raw, from: .udp(test: number), at: .start) == .taken)
    }
    for number in 1...64 as ClosedRange<UInt32> { expect(router.nextOutput(), .reply(.udp(.test(number)))) }
    expect(router.nextOutput(), nil)
    expect(router.statistics.outputsDropped, 36)
    expect(router.statistics.accountedFor, 100)
  }

  @Test func jobsThatNobodyTakesAreDroppedAndCounted() throws {
    var router = Router(seed: 7)
    let signature = try Signature(bytes: [UInt8](repeating: 0, count: Signature.byteCount).span.raw)
    let challenge = DiscoverChallenge(
      node: .test(7), stamp: ChallengeStamp(at: .start, wantsDestination: false), token: ChallengeToken(high: 0, low: 0)
    )
    let frame = DiscoverProof(challenge: challenge, signature: signature, beacon: .test).encoded()
    for number in 1...70 as ClosedRange<UInt32> {
      #expect(router.on(frame.span.raw, from: .udp(test: number), at: .start) == .taken)
    }
    var count = 0
    while router.nextJob() != nil { count += 1 }
    #expect(count == 64)
    expect(router.statistics.outputsDropped, 6)
  }

  @Test func theyAreCopiedAsBytesAlone() {
    #expect(_isPOD(RouterOutput.self))
    #expect(_isPOD(RouterAction.self))
  }

  @Test func aRelayLeavesNone() {
    var harness = RouterHarness()
    harness.discover(.test(7), from: .udp(test: 1))
    harness.relay(.test(7), to: .test(7), from: .udp(test: 1))
    expect(harness.outputs, [])
  }
}
