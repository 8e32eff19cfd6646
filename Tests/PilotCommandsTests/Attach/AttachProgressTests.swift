import PilotFixtures
import PilotNode
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("What a node's states mean to who drives pilot attach")
struct AttachProgressTests {
  private static let lost = TransportError(code: .connectionLost, message: "lost")
  private static let reconnecting = NodeState.reconnecting(reason: lost, attempt: 1, delay: .seconds(1))

  @Test("over UDP it is ready once, whatever is told later")
  func once() {
    var progress = AttachProgress(carrier: .udp, hasAlternative: true)
    #expect(progress.told(.ready(observed: nil)) == .ready(despite: nil))
    for state in [NodeState.ready(observed: .loopback(port: 1)), .unreachable(.unanswered), .ready(observed: nil)] {
      #expect(progress.told(state) == .nothing)
    }
  }

  @Test(
    "without another way an unreachable node says what is missing, and is ready all the same",
    arguments: [
      NodeState.Hindrance.unanswered, .undelivered, .unsendable(.unreachable),
    ])
  func despite(_ hindrance: NodeState.Hindrance) {
    var progress = AttachProgress(carrier: .udp, hasAlternative: false)
    #expect(progress.told(.unreachable(hindrance)) == .ready(despite: hindrance))
    #expect(progress.isReady)
    #expect(progress.told(.ready(observed: nil)) == .nothing, "said already")
  }

  @Test("with another way it is never ready on an answer alone")
  func alternative() {
    var progress = AttachProgress(carrier: .udp, hasAlternative: true)
    #expect(progress.told(.unreachable(.undelivered)) == .giveUp(.undelivered))
    #expect(!progress.isReady)
  }

  @Test("over WSS a first connection is ready even after attempts that failed, and later ones are reconnections")
  func connections() {
    var progress = AttachProgress(carrier: .wss, hasAlternative: false)
    #expect(progress.told(Self.reconnecting) == .reconnecting(Self.lost, attempt: 1, delay: .seconds(1)))
    #expect(progress.told(.ready(observed: nil)) == .ready(despite: nil))
    #expect(progress.told(Self.reconnecting) == .reconnecting(Self.lost, attempt: 1, delay: .seconds(1)))
    #expect(progress.told(.ready(observed: nil)) == .reconnected)
    #expect(progress.told(.closed) == .nothing)
  }
}
