import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("which refusals are told")
struct RefusalPaceTests {
  private static func refusal(_ id: UInt32, _ reason: PeerRefusal = .unknown) throws -> RefusalPace.Refusal {
    .init(peer: try #require(NodeID(id)), reason: reason)
  }

  @Test("one a second at most")
  func pace() throws {
    var pace = RefusalPace(named: [])
    let now = MonotonicInstant.start
    let (seven, nine) = (try Self.refusal(7, .wrongKey), try Self.refusal(9, .notAllowed))
    let first = pace.refused(nine.peer, nine.reason, at: now)
    let second = pace.refused(seven.peer, seven.reason, at: now.advanced(by: .milliseconds(900)))
    let third = pace.refused(seven.peer, seven.reason, at: now.advanced(by: .seconds(1)))
    #expect(first == nine && second == nil && third == seven)
    let none = pace.tick(at: now.advanced(by: .seconds(9)))
    #expect(none == nil, "a stranger's doesn't wait")
  }

  @Test("what becomes of a node that the rules name is told within a second, however many strangers are refused")
  func flood() throws {
    let own = try Self.refusal(7, .notAllowed)
    var pace = RefusalPace(named: [own.peer])
    var told: [RefusalPace.Refusal] = []
    for tenth in 0..<30 {
      let now = MonotonicInstant.start.advanced(by: .milliseconds(tenth * 100))
      if let refusal = pace.refused(try #require(NodeID(UInt32(1_000 + tenth))), .unknown, at: now) {
        told.append(refusal)
      }
      if tenth == 3, let refusal = pace.refused(own.peer, own.reason, at: now) { told.append(refusal) }
    }
    let (first, last) = (try Self.refusal(1_000), try Self.refusal(1_020))
    #expect(told == [first, own, last])
  }

  @Test("what waits is told as soon as its time has come, each once")
  func waiting() throws {
    let (seven, nine) = (try Self.refusal(7, .wrongKey), try Self.refusal(9))
    var pace = RefusalPace(named: [seven.peer, nine.peer])
    var told: [RefusalPace.Refusal?] = []
    for refusal in [seven, seven, nine, seven] {
      told.append(pace.refused(refusal.peer, refusal.reason, at: .start))
    }
    #expect(told == [seven, nil, nil, nil])
    told = (1...4).map { pace.tick(at: .start.advanced(by: .milliseconds(500 * $0))) }
    #expect(told == [nil, seven, nil, nine])
  }
}
