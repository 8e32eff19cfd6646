import PilotWire
import Testing

@testable import PilotTunnel

@Suite("What has been seen of a peer's nonces")
struct ReplayHistoryTests {
  @Test("A new prefix has a window of its own; four older ones stay, in the order that they came; then they are closed")
  func epochs() {
    var history = ReplayHistory()
    for prefix in UInt32(1)...5 { history.record(TunnelNonce(prefix: prefix, counter: 10)) }
    // That a straggler comes makes no prefix newer.
    history.record(TunnelNonce(prefix: 1, counter: 9))
    for prefix in UInt32(1)...5 {
      #expect(history.judge(TunnelNonce(prefix: prefix, counter: 10)) == .replayed)
      #expect(history.judge(TunnelNonce(prefix: prefix, counter: 11)) == .fresh)
    }
    history.record(TunnelNonce(prefix: 6, counter: 1))
    #expect(history.judge(TunnelNonce(prefix: 1, counter: 11)) == .closed)
    #expect(history.judge(TunnelNonce(prefix: 2, counter: 11)) == .fresh)
    #expect(history.knows(1) && !history.knows(7))
  }

  @Test("A closed prefix stays closed; when no more can be remembered, no new one is taken")
  func closed() {
    var history = ReplayHistory()
    for prefix in UInt32(1)...21 {
      #expect(!history.isFull)
      history.record(TunnelNonce(prefix: prefix, counter: 1))
    }
    #expect(history.isFull)
    for prefix in UInt32(1)...16 { #expect(history.judge(TunnelNonce(prefix: prefix, counter: 2)) == .closed) }
    for prefix in UInt32(17)...21 { #expect(history.judge(TunnelNonce(prefix: prefix, counter: 2)) == .fresh) }
    #expect(history.judge(TunnelNonce(prefix: 22, counter: 1)) == .closed)
  }

  @Test("A counter of 0 is none, under any prefix")
  func zero() {
    let history = ReplayHistory()
    #expect(history.judge(TunnelNonce(prefix: 1, counter: 0)) == .replayed)
  }
}
