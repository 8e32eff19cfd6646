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

  @Test("paths and nodes that aren't there are told as they come, refusals once a second at most")
  func peers() throws {
    var progress = ForwardProgress()
    let (seven, nine) = (try #require(NodeID(7)), try #require(NodeID(9)))
    var now = MonotonicInstant.start
    for (path, expected) in [
      (TunnelPath.none, PeerPath.none), (.direct, .direct), (.relayOverUDP, .relayUDP), (.relayOverWSS, .relayWSS),
    ] {
      let action = progress.told(.path(seven, path), at: now)
      #expect(action == .tell(.path(seven, expected)))
    }
    let gone = progress.told(.gone(seven), at: now)
    #expect(gone == .tell(.gone(seven)))
    let first = progress.told(.refused(nine, .notAllowed), at: now)
    #expect(first == .tell(.refused(nine, .notAllowed)))
    let second = progress.told(.refused(seven, .wrongKey), at: now.advanced(by: .milliseconds(900)))
    #expect(second == .nothing)
    now = now.advanced(by: .seconds(1))
    let third = progress.told(.refused(seven, .wrongKey), at: now)
    #expect(third == .tell(.refused(seven, .wrongKey)))
  }
}
