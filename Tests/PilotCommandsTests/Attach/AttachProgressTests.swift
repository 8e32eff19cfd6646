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

  private static let first = PathSwitch(from: nil, to: PathID(1), reason: .first)
  private static let back = PathSwitch(from: PathID(1), to: PathID(0), reason: .recovered)

  @Test("over UDP it is ready once, whatever is told later")
  func once() {
    var progress = AttachProgress(carriers: [.udp])
    #expect(progress.told(.ready(observed: nil)) == .ready(.udp, despite: nil))
    for state in [NodeState.ready(observed: .loopback(port: 1)), .unreachable(.unanswered), .ready(observed: nil)] {
      #expect(progress.told(state) == .nothing)
    }
  }

  @Test(
    "over UDP alone an unreachable node says what is missing, and is ready all the same",
    arguments: [
      NodeState.Hindrance.unanswered, .undelivered, .unsendable(.unreachable),
    ])
  func despite(_ hindrance: NodeState.Hindrance) {
    var progress = AttachProgress(carriers: [.udp, .udp])
    #expect(progress.told(.unreachable(hindrance)) == .ready(.udp, despite: hindrance))
    #expect(progress.isReady)
    #expect(progress.told(.ready(observed: nil)) == .nothing, "said already")
  }

  @Test("where there is a connection it is ready when one of the ways is, and says which, and each change behind that")
  func ways() {
    var progress = AttachProgress(carriers: [.udp, .wss])
    #expect(progress.told(.unreachable(.undelivered)) == .nothing)
    #expect(!progress.isReady)
    #expect(progress.told(Self.first) == .nothing)
    #expect(progress.told(.ready(observed: nil)) == .ready(.wss, despite: nil))
    #expect(progress.told(Self.back) == .switched(.udp, .recovered))
    #expect(progress.told(.ready(observed: .loopback(port: 1))) == .nothing)
  }

  @Test("over WSS a first connection is ready even after attempts that failed, and later ones are reconnections")
  func connections() {
    var progress = AttachProgress(carriers: [.wss])
    #expect(progress.told(Self.reconnecting) == .reconnecting(Self.lost, attempt: 1, delay: .seconds(1)))
    #expect(progress.told(.ready(observed: nil)) == .ready(.wss, despite: nil))
    #expect(progress.told(Self.reconnecting) == .reconnecting(Self.lost, attempt: 1, delay: .seconds(1)))
    #expect(progress.told(.ready(observed: nil)) == .reconnected)
    #expect(progress.told(.closed) == .nothing)
  }
}
