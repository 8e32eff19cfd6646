import PilotNode
import PilotTransport
import PilotTunnel
import PilotWire
import Testing

@testable import PilotCommands

@Suite("what the tunnels' events mean to who runs pilot forward")
struct ForwardProgressTests {
  @Test("until a beacon is reached it waits, says why once for each reason, and then is ready once")
  func ready() {
    var progress = ForwardProgress()
    var seen: [ForwardProgress.Action] = []
    let lost = NodeState.reconnecting(
      reason: TransportError(code: .connectionLost, message: "lost"), attempt: 1, delay: .zero)
    for state: NodeState in [
      .unreachable(.unanswered), .unreachable(.unanswered), lost, .ready(observed: nil), .ready(observed: nil), lost,
      lost, .ready(observed: nil), .closed,
    ] {
      let action = progress.told(.node(state), at: .start)
      if action != .nothing { seen.append(action) }
    }
    #expect(
      seen == [
        .tell(.waiting(reason: "the beacon doesn't answer")), .tell(.waiting(reason: "lost")), .ready,
        .tell(.waiting(reason: "lost")), .tell(.reached),
      ])
  }

  @Test("routes are told as they come, and so are refusals, to what limits them")
  func peers() throws {
    var progress = ForwardProgress()
    let (seven, nine) = (try #require(NodeID(7)), try #require(NodeID(9)))
    let now = MonotonicInstant.start
    for (route, expected) in [
      (PeerRoute.none, PeerPath.none), (.direct, .direct), (.relayOverUDP, .relayUDP), (.relayOverWSS, .relayWSS),
    ] {
      let action = progress.told(.route(seven, route), at: now)
      #expect(action == .tell(.path(seven, expected)))
    }
    let gone = progress.told(.gone(seven), at: now)
    #expect(gone == .tell(.gone(seven)))
    let first = progress.told(.refused(nine, .notAllowed), at: now)
    #expect(first == .refused(nine, .notAllowed))
  }

  @Test("a node that isn't there is named once, and once more when it has been heard, a minute later at the earliest")
  func gone() throws {
    var progress = ForwardProgress()
    let seven = try #require(NodeID(7))
    func told(_ event: TunnelEvent, at seconds: Int) -> Bool {
      progress.told(event, at: MonotonicInstant.start.advanced(by: .seconds(seconds))) == .tell(.gone(seven))
    }
    #expect(told(.gone(seven), at: 0))
    for second in 1...200 { #expect(!told(.gone(seven), at: second)) }
    _ = told(.route(seven, .none), at: 201)
    #expect(!told(.gone(seven), at: 202), "that isn't a sign of life")
    _ = told(.route(seven, .relayOverUDP), at: 203)
    #expect(told(.gone(seven), at: 204))
    _ = told(.route(seven, .direct), at: 205)
    #expect(!told(.gone(seven), at: 263) && told(.gone(seven), at: 264))
  }

  @Test("of nodes that aren't there no more are remembered than there is room for, and none is told twice for that")
  func manyGone() throws {
    var absences = AbsenceWatch()
    let limit = UInt32(AbsenceWatch.limit)
    for id in 1...limit {
      let isTold = absences.gone(try #require(NodeID(id)), at: .start)
      #expect(isTold)
    }
    let (last, next) = (try #require(NodeID(limit)), try #require(NodeID(limit + 1)))
    let early = absences.gone(next, at: .start.advanced(by: .seconds(59)))
    let again = absences.gone(last, at: .start.advanced(by: .seconds(59)))
    let later = absences.gone(next, at: .start.advanced(by: .seconds(60)))
    #expect(!early && !again && later)
  }
}
